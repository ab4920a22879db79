import Crypto
import Foundation
import Glibc
import Postgres

/// Reads the files that the server logs to, in the order in which it writes them.
///
/// On a thread of its own. The file that is being read stays open: what somebody removes is read to its end all the same.
actor ServerLogReader {
    /// What one chunk holds at most, but for a line that is longer.
    static let maximumChunkBytes = 256 << 10
    static let maximumLines = 400
    private static let readBytes = 1 << 20
    /// A file is compared with what was read of it before so often: all of it is read again.
    static let verifyInterval = Duration.seconds(600)

    private let thread = ConnectionThread(name: "server log")
    private let directory: String
    private let verifyInterval: Duration
    private let now: @Sendable () -> ContinuousClock.Instant
    private var open: OpenFile?
    /// When the open file was compared, or opened.
    private var checkedAt: ContinuousClock.Instant

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.unownedExecutor }

    private struct OpenFile {
        let name: String
        let descriptor: Int32
        let device: Int64
        let inode: Int64
        var offset: Int64
        var hash: SHA256
        var isGone = false

        var cursor: LogCursor {
            LogCursor(file: name, device: device, inode: inode, offset: offset, digest: Array(hash.finalize()))
        }

        var size: Int64 {
            var status = stat()
            return fstat(descriptor, &status) == 0 ? Int64(status.st_size) : 0
        }
    }

    /// - Parameter now: the time of a monotonic clock.
    init(
        directory: String, verifyInterval: Duration = ServerLogReader.verifyInterval,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.directory = directory
        self.verifyInterval = verifyInterval
        self.now = now
        checkedAt = now()
    }

    deinit {
        if let open { close(open.descriptor) }
    }

    /// What comes after the cursor; nil: begins at the end of what there is.
    ///
    /// Asked again with the same cursor, the same comes.
    func read(after cursor: LogCursor?) throws(ServerLogError) -> LogChunk {
        var chunk = LogChunk()
        // Listed before it is read: once there is a newer file, nothing is added to this one.
        let files = try files()
        if let cursor {
            try go(to: cursor, files, &chunk)
        } else if let newest = files.last {
            try begin(newest, atEnd: true)
        }
        guard open != nil else { return chunk }
        let newer = files.filter { $0 > open?.name ?? "" }
        take(&chunk, isComplete: !newer.isEmpty)
        if let file = open, chunk.lines.isEmpty, let next = newer.first, file.offset >= file.size {
            check(&chunk)
            try begin(next, atEnd: false)
        }
        chunk.cursor = open?.cursor
        chunk.lag = newer.reduce(max(0, (open?.size ?? 0) - (open?.offset ?? 0))) { $0 + Self.size(path($1)) }
        return chunk
    }

    // MARK: Files

    private func files() throws(ServerLogError) -> [String] {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: directory) else {
            throw .unreadable(directory)
        }
        return names.filter { $0.hasSuffix(".json") }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private func path(_ name: String) -> String { directory + "/" + name }

    private static func size(_ path: String) -> Int64 {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : 0
    }

    /// Has the cursor's file open, and stands where the cursor does.
    private func go(to cursor: LogCursor, _ files: [String], _ chunk: inout LogChunk) throws(ServerLogError) {
        if open?.name != cursor.file || open?.inode != cursor.inode || open?.offset != cursor.offset {
            guard files.contains(cursor.file), let file = opened(cursor.file) else {
                chunk.findings.append((.vanished, cursor.file))
                release()
                if let next = files.first(where: { $0 > cursor.file }) { try begin(next, atEnd: false) }
                return
            }
            release()
            open = file
            guard file.inode == cursor.inode, file.device == cursor.device else {
                // Another file under the same name: from its beginning.
                chunk.findings.append((.changed, cursor.file))
                return
            }
            guard skip(to: cursor.offset) else { return begin(again: .shrank, &chunk) }
            if open?.cursor.digest != cursor.digest { chunk.findings.append((.changed, cursor.file)) }
        }
        guard var file = open else { return }
        if file.size < file.offset { return begin(again: .shrank, &chunk) }
        var status = stat()
        if !file.isGone, stat(path(file.name), &status) != 0 || Int64(status.st_ino) != file.inode {
            chunk.findings.append((.vanished, file.name))
            file.isGone = true
            open = file
        }
        if checkedAt.duration(to: now()) >= verifyInterval { check(&chunk) }
    }

    private func begin(_ name: String, atEnd: Bool) throws(ServerLogError) {
        guard let file = opened(name) else { throw .unreadable(path(name)) }
        release()
        open = file
        guard atEnd else { return }
        // After the last whole line.
        var end = file.size
        while end > 0, bytes(file, from: end - 1, count: 1) != [0x0A] { end -= 1 }
        _ = skip(to: end)
    }

    private func begin(again finding: LogChunk.Finding, _ chunk: inout LogChunk) {
        guard let file = open else { return }
        chunk.findings.append((finding, file.name))
        open?.offset = 0
        open?.hash = SHA256()
    }

    private func opened(_ name: String) -> OpenFile? {
        let descriptor = Glibc.open(path(name), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        var status = stat()
        guard descriptor >= 0, fstat(descriptor, &status) == 0 else {
            if descriptor >= 0 { close(descriptor) }
            return nil
        }
        checkedAt = now()
        return OpenFile(
            name: name, descriptor: descriptor, device: Int64(bitPattern: UInt64(status.st_dev)),
            inode: Int64(bitPattern: UInt64(status.st_ino)), offset: 0, hash: SHA256())
    }

    private func release() {
        if let open { close(open.descriptor) }
        open = nil
    }

    /// Reads from the beginning up to there, for the hash. False if the file is shorter.
    private func skip(to offset: Int64) -> Bool {
        while let file = open, file.offset < offset {
            let part = bytes(file, from: file.offset, count: Int(min(Int64(Self.readBytes), offset - file.offset)))
            guard !part.isEmpty else { return false }
            open?.hash.update(data: part)
            open?.offset += Int64(part.count)
        }
        return true
    }

    /// Whether what was read still reads as it did.
    private func check(_ chunk: inout LogChunk) {
        guard let file = open else { return }
        defer { checkedAt = now() }
        let expected = file.cursor.digest
        open?.hash = SHA256()
        open?.offset = 0
        if !skip(to: file.offset) || open?.cursor.digest != expected {
            chunk.findings.append((.changed, file.name))
            // As it is now, so that it is told once.
            open?.offset = file.offset
        }
    }

    private func bytes(_ file: OpenFile, from offset: Int64, count: Int) -> [UInt8] {
        guard count > 0 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = max(0, pread(file.descriptor, buffer.baseAddress, count, off_t(offset)))
        }
    }

    // MARK: Lines

    /// - Parameter isComplete: whether nothing is added to the file any more.
    private func take(_ chunk: inout LogChunk, isComplete: Bool) {
        guard let file = open else { return }
        // Less than nothing, if it was cut short since it was looked at: the next round tells.
        let available = max(0, file.size - file.offset)
        var count = Self.maximumChunkBytes
        var part: ArraySlice<UInt8> = []
        // Until there is a whole line.
        while true {
            part = bytes(file, from: file.offset, count: Int(min(available, Int64(count))))[...]
            if part.contains(0x0A) || Int64(part.count) >= available || count >= ServerLogLine.maximumBytes { break }
            count *= 2
        }
        while chunk.lines.count < Self.maximumLines, !part.isEmpty {
            let end = part.firstIndex(of: 0x0A)
            guard end != nil || isComplete || part.count >= ServerLogLine.maximumBytes else { break }
            if end == nil, Int64(part.count) < available, part.count < ServerLogLine.maximumBytes { break }
            let line = part[..<(end ?? part.endIndex)]
            let whole = part[..<(end.map { $0 + 1 } ?? part.endIndex)]
            part = part[whole.endIndex...]
            open?.hash.update(data: whole)
            open?.offset += Int64(whole.count)
            if end == nil { chunk.findings.append((.torn(bytes: whole.count), file.name)) }
            chunk.lines.append(end == nil ? nil : ServerLogLine(line))
        }
    }
}

/// The server's log can't be had.
package enum ServerLogError: Error, Sendable, CustomStringConvertible {
    case unreadable(String)

    package var description: String {
        switch self {
        case .unreadable(let path): "\(path) can't be read; see docs/STAFF_ACCESS.md, What the recorder needs"
        }
    }
}
