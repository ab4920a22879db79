import Foundation

/// What the recorder knows of the server, kept with its cursor.
struct RecorderState: Codable, Sendable, Equatable {
    struct Session: Codable, Sendable, Equatable {
        let role: String
        let access: UUID?
        /// Of its lines, the newest that was read.
        var line: Int64
        /// Of its statements, the highest number that pgAudit gave.
        var statement: Int64 = 0
        var statements: Int64 = 0
        /// Whether it got in: before, there is nobody.
        var isOpen = false
        /// Whether the server has ended it: some ends have no line of their own after that.
        var isFatal: Bool? = nil
        /// Rounds for which the server has not known it any more.
        var missing = 0
    }

    /// How many sessions that ended are remembered, so that a line that is read again is known.
    static let maximumEnded = 200

    struct Ended: Codable, Sendable, Equatable {
        let session: String
        let line: Int64
    }

    var sessions: [String: Session] = [:]
    var ended: [Ended] = []
    /// Sessions that the server has and its log does not, that were told of.
    var unseen: Set<String> = []
    /// What was looked at in the server, and how it was; nil before the first look.
    var snapshot: [String: String]?
    /// Told of, and not over yet.
    var isMarkLost = false
    var vanishedFile: String?

    mutating func end(_ session: String, line: Int64) {
        sessions[session] = nil
        ended.append(Ended(session: session, line: line))
        if ended.count > Self.maximumEnded { ended.removeFirst(ended.count - Self.maximumEnded) }
    }

    init() {}

    init(text: String) throws {
        self = text == "{}" ? RecorderState() : try JSONDecoder().decode(Self.self, from: Data(text.utf8))
    }

    func text() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}
