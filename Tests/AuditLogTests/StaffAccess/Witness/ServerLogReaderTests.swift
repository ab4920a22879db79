import Foundation
import Synchronization
import Testing

@testable import AuditLog

@Suite("The server's log files", .timeLimit(.minutes(5)))
struct ServerLogReaderTests {
    private static func drain(
        _ reader: ServerLogReader, after cursor: LogCursor?
    ) async throws -> (lines: [String], findings: [LogChunk.Finding], cursor: LogCursor?) {
        var (lines, findings, next) = ([String](), [LogChunk.Finding](), cursor)
        while true {
            let chunk = try await reader.read(after: next)
            lines += chunk.lines.map { $0?.message ?? "unreadable" }
            findings += chunk.findings.map(\.finding)
            let isDone = chunk.lines.isEmpty && chunk.cursor == next
            next = chunk.cursor ?? next
            if isDone { return (lines, findings, next) }
        }
    }

    @Test("are read from where their last line ends, whole lines only, in order over rotations, by one reader or many")
    func order() async throws {
        let (folder, first) = (try LogFolder(), "postgresql-1.json")
        var session = LoggedSession()
        try folder.append(session.line("before"), to: first)
        var reader = ServerLogReader(directory: folder.path)
        var (lines, findings, cursor) = try await Self.drain(reader, after: nil)
        #expect(lines.isEmpty)
        let line = session.line("in two parts")
        try folder.append(String(line.prefix(40)), to: first)
        (lines, findings, cursor) = try await Self.drain(reader, after: cursor)
        #expect(lines.isEmpty)
        try folder.append(String(line.dropFirst(40)) + session.line("b"), to: first)
        try folder.append(session.line("c"), to: "postgresql-2.json")
        // Another one, as after a restart.
        reader = ServerLogReader(directory: folder.path)
        (lines, findings, cursor) = try await Self.drain(reader, after: cursor)
        #expect(lines == ["in two parts", "b", "c"] && findings.isEmpty)
        #expect(cursor?.file == "postgresql-2.json")
        try folder.remove(first)
        try folder.append(session.line("d"), to: "postgresql-2.json")
        (lines, findings, cursor) = try await Self.drain(ServerLogReader(directory: folder.path), after: cursor)
        #expect(lines == ["d"] && findings.isEmpty)
    }

    @Test("tell that one was cut short, and go on with what is in it now", arguments: [true, false])
    func truncated(isRestarted: Bool) async throws {
        let (folder, file) = (try LogFolder(), "postgresql-1.json")
        var session = LoggedSession()
        try folder.append(session.line("a"), to: file)
        let reader = ServerLogReader(directory: folder.path)
        var (_, findings, cursor) = try await Self.drain(reader, after: nil)
        try folder.truncate(file)
        try folder.append(session.line("b").replacing(" ", with: ""), to: file)
        let lines: [String]
        (lines, findings, cursor) = try await Self.drain(
            isRestarted ? ServerLogReader(directory: folder.path) : reader, after: cursor)
        #expect(findings == [.shrank] && lines == ["unreadable"])
        (_, findings, _) = try await Self.drain(reader, after: cursor)
        #expect(findings.isEmpty)
    }

    @Test("tell that one is gone, and what is still written into it is read all the same")
    func removed() async throws {
        let (folder, file) = (try LogFolder(), "postgresql-1.json")
        var session = LoggedSession()
        try folder.append(session.line("a"), to: file)
        let reader = ServerLogReader(directory: folder.path)
        var (lines, findings, cursor) = try await Self.drain(reader, after: nil)
        let handle = try FileHandle(forWritingTo: URL(filePath: folder.file(file)))
        try handle.seekToEnd()
        try folder.remove(file)
        try handle.write(contentsOf: Data(session.line("b").utf8))
        (lines, findings, cursor) = try await Self.drain(reader, after: cursor)
        #expect(lines == ["b"] && findings == [.vanished])
        try folder.append(session.line("c"), to: "postgresql-2.json")
        (lines, findings, cursor) = try await Self.drain(reader, after: cursor)
        #expect(lines == ["c"] && findings.isEmpty)
    }

    @Test("tell after a restart that the one which was being read is gone, changed or another one")
    func restarted() async throws {
        for (change, expected): (@Sendable (LogFolder, String) throws -> Void, LogChunk.Finding) in [
            ({ try $0.remove($1) }, .vanished),
            ({ try $0.overwrite($1, at: 80, with: "X") }, .changed),
            (
                {
                    try $0.remove($1)
                    try $0.append(String(repeating: "\n", count: 900), to: $1)
                }, .changed
            ),
        ] {
            let (folder, file) = (try LogFolder(), "postgresql-1.json")
            var session = LoggedSession()
            try folder.append(session.line("a"), to: file)
            let (_, _, cursor) = try await Self.drain(ServerLogReader(directory: folder.path), after: nil)
            // Else its number may be given to the next one.
            let kept = try FileHandle(forReadingFrom: URL(filePath: folder.file(file)))
            try change(folder, file)
            let chunk = try await ServerLogReader(directory: folder.path).read(after: cursor)
            #expect(chunk.findings.first?.finding == expected)
            try kept.close()
        }
    }

    @Test("tell of what stands at a file's end without the end of a line, once there is another file")
    func torn() async throws {
        let (folder, file) = (try LogFolder(), "postgresql-1.json")
        var session = LoggedSession()
        try folder.append(session.line("a"), to: file)
        let reader = ServerLogReader(directory: folder.path)
        var (lines, findings, cursor) = try await Self.drain(reader, after: nil)
        try folder.append("{\"timestamp\":\"2026", to: file)
        (lines, findings, cursor) = try await Self.drain(reader, after: cursor)
        #expect(lines.isEmpty && findings.isEmpty)
        try folder.append(session.line("b"), to: "postgresql-2.json")
        (lines, findings, cursor) = try await Self.drain(reader, after: cursor)
        #expect(lines == ["unreadable", "b"] && findings == [.torn(bytes: 18)])
    }

    @Test("are read in bounded parts, whatever a line's length")
    func bounds() async throws {
        let (folder, file) = (try LogFolder(), "postgresql-1.json")
        var session = LoggedSession()
        try folder.append("\n", to: file)
        let reader = ServerLogReader(directory: folder.path)
        var (lines, _, cursor) = try await Self.drain(reader, after: nil)
        let long = String(repeating: "x", count: 3 * ServerLogReader.maximumChunkBytes)
        try folder.append((0..<1_000).map { _ in session.line("s") }.joined() + session.line(long), to: file)
        let chunk = try await reader.read(after: cursor)
        #expect(chunk.lines.count == ServerLogReader.maximumLines && chunk.lag > 0)
        (lines, _, cursor) = try await Self.drain(reader, after: chunk.cursor)
        #expect(lines.count == 1_001 - ServerLogReader.maximumLines && lines.last == long)
    }

    @Test("are compared with what was read of them when it is time, however many rounds there are")
    func compared() async throws {
        let (folder, file, clock) = (try LogFolder(), "postgresql-1.json", Monotonic())
        var session = LoggedSession()
        try folder.append(session.line("a"), to: file)
        let reader = ServerLogReader(directory: folder.path) { clock.now }
        var (_, findings, cursor) = try await Self.drain(reader, after: nil)
        try folder.overwrite(file, at: 80, with: "X")
        for round in 0..<200 {
            if round.isMultiple(of: 10) { try folder.append(session.line("b"), to: file) }
            let chunk = try await reader.read(after: cursor)
            (cursor, findings) = (chunk.cursor ?? cursor, findings + chunk.findings.map(\.finding))
        }
        #expect(findings.isEmpty)
        clock.advance(by: ServerLogReader.verifyInterval)
        (_, findings, cursor) = try await Self.drain(reader, after: cursor)
        #expect(findings == [.changed])
        clock.advance(by: ServerLogReader.verifyInterval)
        (_, findings, cursor) = try await Self.drain(reader, after: cursor)
        #expect(findings.isEmpty)
    }

    @Test("may be cut short while one is being compared")
    func truncatedMeanwhile() async throws {
        let (folder, file) = (try LogFolder(), "postgresql-1.json")
        var session = LoggedSession()
        try folder.append(session.line("a") + session.line("b"), to: file)
        let clock = Monotonic()
        let start = clock.now
        // The clock is asked between the look at the file's size and the comparison.
        let reader = ServerLogReader(directory: folder.path) {
            if clock.now != start { try? folder.truncate(file, to: 10) }
            return clock.now
        }
        var (_, findings, cursor) = try await Self.drain(reader, after: nil)
        clock.advance(by: ServerLogReader.verifyInterval)
        let chunk = try await reader.read(after: cursor)
        #expect(chunk.lines.isEmpty && chunk.findings.map(\.finding) == [.changed])
        (_, findings, cursor) = try await Self.drain(reader, after: chunk.cursor)
        #expect(findings == [.shrank])
    }

    @Test("that are not there are an error that says where")
    func missing() async throws {
        await #expect(throws: ServerLogError.self) {
            _ = try await ServerLogReader(directory: "/nonexistent").read(after: nil)
        }
    }
}

/// A monotonic clock that a test moves.
private final class Monotonic: Sendable {
    private let instant = Mutex(ContinuousClock.now)

    var now: ContinuousClock.Instant { instant.withLock { $0 } }

    func advance(by duration: Duration) { instant.withLock { $0 += duration } }
}
