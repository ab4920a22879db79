/// Why a person's data is stored and not processed.
package enum ProcessingLimit: String, Sendable, CaseIterable {
    /// Article 18 of the GDPR.
    case restriction
    /// Article 21.
    case objection
    /// Their data is being erased: nothing lifts it.
    case erasure

    /// Those that people set themselves, and lift.
    package static let chosen: [ProcessingLimit] = [.restriction, .objection]

    /// The request it comes from.
    var requestKind: PrivacyRequest.Kind {
        switch self {
        case .restriction: .restriction
        case .objection: .objection
        case .erasure: .erasure
        }
    }
}

/// The limits of one person that are in force: the fold of their stream.
package struct ProcessingLimits: Sendable, Hashable {
    package enum Change: String, Sendable, CaseIterable {
        case impose, lift
    }

    package private(set) var inForce: Set<ProcessingLimit> = []

    package init() {}

    package var isEmpty: Bool { inForce.isEmpty }

    /// Events of other kinds change nothing.
    package mutating func evolve(_ event: PrivacyEvent) {
        switch event {
        case .restricted(let limit): inForce.insert(limit)
        case .restrictionLifted(let limit): inForce.remove(limit)
        case .requested, .fulfilled, .refused: break
        }
    }

    /// What a change comes to. Nil if it is so already.
    package func decide(_ change: Change, _ limit: ProcessingLimit) -> PrivacyEvent? {
        switch change {
        case .impose: inForce.contains(limit) ? nil : .restricted(limit)
        case .lift: inForce.contains(limit) ? .restrictionLifted(limit) : nil
        }
    }

    /// By name, in order.
    package var names: [String] { inForce.map(\.rawValue).sorted() }
}
