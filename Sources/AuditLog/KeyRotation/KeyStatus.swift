package import EventStore
import Sealing

/// How old the key-encryption key is, what each version wraps, and what is to be done.
package struct KeyStatus: Sendable {
    /// Days after which it is told that a rotation is due soon, and after which it is due.
    package static let warningAge: Int64 = 80
    package static let maximumAge: Int64 = 90

    package struct Version: Sendable {
        package let version: Int32
        /// Nil if it was never used.
        package let epoch: KeyEpoch?
        /// Nil if it is not at hand.
        package let fingerprint: String?
        /// Keys that it wraps, by table.
        package let counts: [KeyEpochDatabase.Count]

        package var count: Int64 { counts.reduce(0) { $0 + $1.count } }
    }

    /// The oldest first.
    package let versions: [Version]
    /// Of the version that wraps. Nil if nothing was wrapped yet.
    package let ageDays: Int64?

    init(epochs: [KeyEpoch], counts: [KeyEpochDatabase.Count], keys: [any WrappingKey], now: EventTime) {
        let numbers = Set(epochs.map(\.version) + keys.map(\.version)).sorted()
        versions = numbers.map { number in
            Version(
                version: number, epoch: epochs.first { $0.version == number },
                fingerprint: keys.first { $0.version == number }?.fingerprint,
                counts: counts.filter { $0.version == number })
        }
        ageDays = Self.ageDays(epochs, at: now)
    }

    /// Full days that the version which wraps does so.
    package static func ageDays(_ epochs: [KeyEpoch], at now: EventTime) -> Int64? {
        epochs.last { $0.state == .active }.map { (now.microseconds - $0.activatedAt.microseconds) / 86_400_000_000 }
    }

    package var isOverdue: Bool { (ageDays ?? 0) >= Self.maximumAge }

    /// What is to be done, in order; empty if nothing is.
    package var due: [String] {
        var due: [String] = []
        if let ageDays, ageDays >= Self.warningAge {
            due.append(
                isOverdue
                    ? "a rotation is due: zentriq keys kek rotate"
                    : "a rotation is due in \(Self.maximumAge - ageDays) days: zentriq keys kek rotate")
        }
        let superseded = versions.filter { $0.epoch?.state == .superseded }
        if superseded.contains(where: { $0.count > 0 }) {
            due.append("old versions still wrap keys: zentriq keys kek rewrap")
        }
        for version in superseded where version.count == 0 {
            due.append("version \(version.version) wraps nothing any more: zentriq keys kek retire \(version.version)")
        }
        for version in versions where version.epoch?.state == .retired && version.fingerprint != nil {
            due.append("version \(version.version) was not destroyed: zentriq keys kek retire \(version.version)")
        }
        for version in versions where version.fingerprint == nil && version.epoch.map({ $0.state != .retired }) == true
        {
            due.append("version \(version.version) is not at hand: what it wraps can't be read here")
        }
        return due
    }
}
