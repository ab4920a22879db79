import Billing
package import EventStore
import Retention
package import TransparencyLog

/// Tells whether a log is as new as its ledger: if it is not, it was restored from a backup, and nothing may be served
/// before what was erased since is erased again.
package struct RestoreGate: Sendable {
    package let path: String
    private let reader: LogReader
    private let tree: TreeReader
    private let keys: [NoteVerifier]

    /// - Parameters:
    ///   - reader: with any role.
    ///   - keys: of the log, as configured.
    package init(path: String, reader: LogReader, keys: [NoteVerifier]) {
        self.path = path
        self.reader = reader
        self.keys = keys
        tree = TreeReader(reader: reader)
    }

    /// Throws ``RestoreRefusal`` unless the log may be served.
    package func requireOpen() async throws {
        if let refusal = try await standing(to: ledger(.newest)).refusal { throw refusal }
    }

    /// The ledger, verified with the keys that are configured or known to the log. Nil if there is none yet.
    package func ledger(_ extent: Ledger.Extent) async throws -> Ledger? {
        var roots = keys
        var handovers: [LogKeyHistory.Handover] = []
        if try await reader.exists() {
            roots.append(try NoteVerifier(parsing: try await reader.head().signer))
            handovers = try await LogKeyHistory(reader: reader).all()
        }
        return try Ledger.read(path, origin: reader.origin, roots: roots, handovers: handovers, extent: extent)
    }

    /// - Parameter ledger: nil if there is none yet.
    /// - Throws: ``RestoreRefusal/empty(folder:)`` if there is a log, and no ledger.
    package func standing(to ledger: Ledger?) async throws -> Standing {
        let size = try await size()
        guard let ledger else {
            guard size == 0 else { throw RestoreRefusal.empty(folder: path) }
            return .beginning
        }
        let lost = ledger.checkpoint.unverified
        if ledger.size <= size, try await tree.root(size: lost.size) == lost.root {
            return .current(ahead: size - ledger.size)
        }
        if let restored = try await restored(after: ledger) { return .applying(from: restored.from) }
        let isPrefix = try await commonSize(with: ledger, upTo: size) == nil
        return ledger.size > size && isPrefix
            ? .behind(size: size, ledger: ledger.size) : .otherHistory(size: size, ledger: ledger.size)
    }

    /// From which position on the log may have other events than those that the ledger knows.
    package func firstDifference(_ standing: Standing, to ledger: Ledger) async throws -> LogPosition {
        switch standing {
        case .beginning: LogPosition(0)
        case .current, .behind: LogPosition(min(try await size(), ledger.size))
        case .applying(let from): from
        case .otherHistory: LogPosition(try await commonSize(with: ledger, upTo: size()) ?? 0)
        }
    }

    private func size() async throws -> Int64 {
        try await reader.exists() ? reader.head().nextPosition.rawValue : 0
    }

    /// The event that says that this ledger's history was lost.
    private func restored(after ledger: Ledger) async throws -> LogRestored? {
        guard try await reader.exists() else { return nil }
        let events = try await reader.stream(StreamKey(.system, Streams.restoration), of: .system)
        for event in events {
            if case .restored(let restored) = try DomainEvent(event), restored.lost == ledger.checkpoint {
                return restored
            }
        }
        return nil
    }

    /// The largest size at which log and ledger are known to have had the same tree. Nil if no checkpoint in the ledger,
    /// of those that are not larger than the log, contradicts it.
    private func commonSize(with ledger: Ledger, upTo size: Int64) async throws -> Int64? {
        var isContradicted = false
        let checkpoints = (ledger.entries.map(\.checkpoint) + [ledger.head.checkpoint]).map(\.unverified)
        for checkpoint in checkpoints.sorted(by: { $0.size > $1.size }) where Int64(checkpoint.size) <= size {
            if try await tree.root(size: checkpoint.size) == checkpoint.root {
                return isContradicted ? Int64(checkpoint.size) : nil
            }
            isContradicted = true
        }
        return isContradicted ? 0 : nil
    }
}
