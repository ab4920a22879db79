import DurableFiles
import EventStore
import Foundation
import TransparencyLog

/// The folder of a ledger:
///
///     head                                   see LedgerHead; replaced as a whole
///     entries-1/00000000000000000042.tlog-proof   a receipt for each event, never changed
///     head-1                                 of the history before the last restore, with entries-1
///
/// Whatever else lies in it is none of the ledger's business; in the folders of entries nothing else may.
struct LedgerFolder: Sendable {
    let path: String
    private let folder: StateFolder

    /// - Parameter writing: alone.
    /// - Throws: ``RestoreRefusal/unusable(_:)``, ``RestoreRefusal/inUse(_:)``.
    init(_ path: String, writing: Bool) throws(RestoreRefusal) {
        self.path = path
        do { folder = try StateFolder(path, locking: writing) } catch {
            throw error == .inUse ? .inUse(path) : .unusable("\(path): \(error)")
        }
    }

    /// To write to. Nil while another process does.
    static func ifFree(_ path: String) throws(RestoreRefusal) -> LedgerFolder? {
        do { return try LedgerFolder(path, writing: true) } catch {
            if case .inUse = error { return nil }
            throw error
        }
    }

    /// Nil before the first.
    func head() throws(RestoreRefusal) -> LedgerHead? {
        guard let bytes = try read(LedgerHead.file, from: folder, LedgerHead.maximumByteCount) else { return nil }
        return try LedgerHead(parsing: bytes)
    }

    func replace(_ head: LedgerHead) throws(RestoreRefusal) {
        try using(LedgerHead.file) { () throws(StateFolderError) in
            try folder.replace(LedgerHead.file, with: head.bytes)
        }
    }

    /// Keeps a head under a name that is not looked at any more.
    func retire(_ head: LedgerHead) throws(RestoreRefusal) {
        let file = LedgerHead.retired(head.generation)
        try using(file) { () throws(StateFolderError) in try folder.replace(file, with: head.bytes) }
    }

    /// The entries of a generation. Nil if there are none yet.
    func entries(of name: String, making: Bool) throws(RestoreRefusal) -> Entries? {
        do throws(StateFolderError) {
            return Entries(path: "\(path)/\(name)", folder: try folder.subfolder(name, making: making))
        } catch {
            if !making, error == .system(ENOENT) { return nil }
            throw .unusable("\(path)/\(name): \(error)")
        }
    }

    struct Entries: Sendable {
        fileprivate let path: String
        fileprivate let folder: StateFolder

        /// In their order.
        func positions() throws(RestoreRefusal) -> [LogPosition] {
            let names: [String]
            do { names = try folder.names() } catch { throw .unusable("\(path): \(error)") }
            var positions: [LogPosition] = []
            // What a killed process left behind is written again.
            for name in names where !name.hasSuffix(StateFolder.suffix) {
                guard let position = LedgerEntry.position(name) else {
                    throw .damaged("\(path)/\(name) does not belong there")
                }
                positions.append(position)
            }
            return positions.sorted()
        }

        func read(_ position: LogPosition) throws(RestoreRefusal) -> [UInt8] {
            let file = LedgerEntry.file(position)
            do throws(StateFolderError) {
                return try folder.read(file, maximumByteCount: ProofFile.maximumByteCount) ?? []
            } catch { throw .unusable("\(path)/\(file): \(error)") }
        }

        func write(_ position: LogPosition, _ bytes: [UInt8]) throws(RestoreRefusal) {
            let file = LedgerEntry.file(position)
            do { try folder.replace(file, with: bytes) } catch { throw .unusable("\(path)/\(file): \(error)") }
        }
    }

    private func read(
        _ name: String, from folder: StateFolder, _ maximum: Int
    ) throws(RestoreRefusal) -> [UInt8]? {
        do { return try folder.read(name, maximumByteCount: maximum) } catch {
            throw .unusable("\(path)/\(name): \(error)")
        }
    }

    private func using(
        _ name: String, _ body: () throws(StateFolderError) -> Void
    ) throws(RestoreRefusal) {
        do { try body() } catch { throw .unusable("\(path)/\(name): \(error)") }
    }
}
