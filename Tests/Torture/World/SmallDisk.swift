import Foundation

/// Where the database's tables and its write-ahead log lie: file systems that can be made full, and roomy again, by
/// setting their size. Only possible where file systems can be mounted.
struct SmallDisk: Sendable {
    enum Part: String, CaseIterable, Sendable {
        case tables, wal
    }

    private static let room = "4g"
    private static let fillAttempts = 50

    let folder: String
    private let log: String

    init(folder: String, log: String) {
        self.folder = folder
        self.log = log
    }

    func path(_ part: Part) -> String { "\(folder)/\(part.rawValue)" }

    /// Makes the file system as small as what lies in it. The server writes meanwhile, and a file system can't be made
    /// smaller than that: then once more, with a little room, which is soon taken.
    func fill(_ part: Part) async throws {
        var last: (any Error)?
        for attempt in 0..<Self.fillAttempts {
            var status = statvfs()
            guard statvfs(path(part), &status) == 0 else { throw TortureError("cannot look at \(path(part))") }
            let used = (UInt64(status.f_blocks) - UInt64(status.f_bfree)) * UInt64(status.f_frsize)
            do {
                return try await resize(part, String(max(used, 4_096) + UInt64(attempt) << 16))
            } catch { last = error }
        }
        if let last { throw last }
    }

    func empty(_ part: Part) async throws { try await resize(part, Self.room) }

    private func resize(_ part: Part, _ size: String) async throws {
        try await Shell.run("/usr/bin/mount", ["-o", "remount,size=\(size)", path(part)], log: log)
    }
}
