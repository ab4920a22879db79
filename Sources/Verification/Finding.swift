package import EventStore

/// Something that contradicts the log.
package struct Finding: Sendable, Hashable {
    /// Where; nil for what has no position, such as the head.
    package let position: LogPosition?
    /// What is wrong, in words.
    package let reason: String

    package init(at position: Int64? = nil, _ reason: String) {
        self.position = position.map(LogPosition.init)
        self.reason = reason
    }
}

extension Finding: CustomStringConvertible {
    package var description: String {
        position.map { "position \($0.rawValue): \(reason)" } ?? reason
    }
}

/// What was found, up to a limit: one change can make everything after it wrong.
package struct Findings: Sendable {
    /// Findings beyond that many are counted, not kept.
    package static let maximumKept = 100

    /// In the order of discovery.
    package private(set) var kept: [Finding] = []
    package private(set) var count: Int64 = 0
    /// The lowest position of all findings, those that were not kept included.
    package private(set) var firstPosition: LogPosition?

    package var isEmpty: Bool { count == 0 }

    mutating func add(at position: Int64? = nil, _ reason: String) {
        count += 1
        if let position {
            firstPosition = min(firstPosition ?? LogPosition(position), LogPosition(position))
        }
        if kept.count < Self.maximumKept { kept.append(Finding(at: position, reason)) }
    }
}
