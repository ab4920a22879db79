package import EventStore

/// Counts the captures of a day, and keeps quiet about what would point at somebody.
package struct UsageTally: Sendable {
    /// People whose captures a number is made of, at least; and the tenants they belong to. A host that a single customer
    /// uses would name the customer.
    package static let minimumPeople = 5
    package static let minimumTenants = 3

    private struct Person: Hashable {
        let tenant: TenantID
        let actor: ActorHandle?
    }

    private struct Key: Hashable {
        let host: String
        let outcome: CaptureRecord.Outcome
    }

    private struct Count {
        var captures: Int64 = 0
        var people: Set<Person> = []

        var isLargeEnough: Bool {
            people.count >= minimumPeople && Set(people.map(\.tenant)).count >= minimumTenants
        }

        mutating func add(_ other: Count) {
            captures += other.captures
            people.formUnion(other.people)
        }
    }

    private var counts: [Key: Count] = [:]

    package init() {}

    package mutating func add(_ capture: CaptureRecord, of tenant: TenantID, by actor: ActorHandle?) {
        var one = Count()
        one.captures = 1
        one.people = [Person(tenant: tenant, actor: actor)]
        counts[Key(host: capture.vendorHost, outcome: capture.outcome), default: Count()].add(one)
    }

    /// In the order of hosts and outcomes. Cells that are too small are added up to one without a name; if that is too
    /// small, too, it is left out.
    package var cells: [UsageCounts.Cell] {
        var named: [UsageCounts.Cell] = []
        var rest: [CaptureRecord.Outcome: Count] = [:]
        for (key, count) in counts {
            if count.isLargeEnough {
                named.append(.init(vendorHost: key.host, outcome: key.outcome, captures: count.captures))
            } else {
                rest[key.outcome, default: Count()].add(count)
            }
        }
        named.sort { ($0.vendorHost ?? "", $0.outcome.rawValue) < ($1.vendorHost ?? "", $1.outcome.rawValue) }
        return named
            + CaptureRecord.Outcome.allCases.compactMap { outcome in
                rest[outcome].flatMap { $0.isLargeEnough ? $0 : nil }
                    .map { .init(vendorHost: nil, outcome: outcome, captures: $0.captures) }
            }
    }
}
