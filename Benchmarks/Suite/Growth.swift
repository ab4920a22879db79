import AuditLog
import BenchmarkReport
import Billing
import CreditDomain
import EventStore
import Foundation
import Sealing

/// What an append and a read of a balance cost as the log grows: logs of several sizes beside each other, so that every
/// round meets all of them.
struct Growth: Sendable {
    /// Accounts at work, of those that the logs have.
    private static let accounts = 1_000
    private static let atOnce = 64
    private static let captures = 20_000
    private static let reads = 5_000

    struct Member: Sendable {
        let size: Int
        let log: BenchLog
        let tenants: [TenantID]
        /// Who captures: one person of each of the first tenants.
        let people: [SubjectKey]
    }

    let members: [Member]

    static func append(_ size: Int) -> String { "append in process at \(NumberText.grouped(Double(size))) events" }
    static func read(_ size: Int) -> String { "balance read in process at \(NumberText.grouped(Double(size))) events" }

    static func make(_ sizes: [Int], _ tool: Tool, _ options: Options) async throws -> Growth {
        var members: [Member] = []
        for size in sizes {
            let log = try await BenchLog.make("growth_\(size)", tool, options)
            let start = ContinuousClock.now
            let tenants = try await LogLoader(log: log).load(size)
            Progress.say("\(size) events loaded in \(Int((ContinuousClock.now - start) / .seconds(1))) s")
            _ = try await log.verify()
            var people: [SubjectKey] = []
            for tenant in tenants.prefix(Self.accounts) {
                people.append(try await log.subjects.subject(of: tenant.rawValue, in: tenant))
            }
            members.append(Member(size: size, log: log, tenants: tenants, people: people))
        }
        return Growth(members: members)
    }

    /// - Returns: appends and reads, in the order of the sizes.
    func run(rounds: Int) async throws -> [LoadRow] {
        let samples = try await BenchLog.withWriters(members.map(\.log)) { working in
            let members = Array(zip(members, working))
            var samples: [String: [LoadSample]] = [:]
            // A first touch, which does not count.
            for (member, working) in members { _ = try await append(Self.captures / 10, member, working) }
            for round in 1...rounds {
                Progress.say("growth, round \(round)")
                for (member, working) in members {
                    samples[Self.append(member.size), default: []].append(
                        try await append(Self.captures, member, working))
                    samples[Self.read(member.size), default: []].append(try await read(member))
                }
            }
            return samples
        }
        for member in members { _ = try await member.log.verify() }
        let names = members.map { Self.append($0.size) } + members.map { Self.read($0.size) }
        return names.map { LoadRow($0, samples[$0] ?? []) }
    }

    func close() async {
        for member in members { await member.log.close() }
    }

    private func append(_ captures: Int, _ member: Member, _ working: WorkingLog) async throws -> LoadSample {
        try await Measured.load(captures, on: member.log.server) {
            try await working.capture(captures, atOnce: Self.atOnce, by: member.people)
        }
    }

    private func read(_ member: Member) async throws -> LoadSample {
        try await Measured.load(Self.reads, on: member.log.server) {
            for number in 0..<Self.reads {
                let tenant = member.tenants[number * 7 % member.tenants.count]
                let head = try await member.log.reader.head(
                    of: StreamKey(tenant, Streams.account(.punchout)), as: AccountState.self)
                guard let head, head.state.balance > .zero else { throw BenchFailure("an account is empty") }
            }
        }
    }
}
