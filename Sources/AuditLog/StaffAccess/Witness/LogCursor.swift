/// How far the server's log was read: which file, and which bytes of it.
struct LogCursor: Sendable, Equatable {
    let file: String
    let device: Int64
    let inode: Int64
    /// The first byte that was not taken yet.
    let offset: Int64
    /// SHA-256 of everything before it.
    let digest: [UInt8]
}

/// Lines that were read and not taken yet.
struct LogChunk: Sendable {
    enum Finding: Sendable, Equatable {
        case shrank, vanished, changed
        /// What stood at the end of a file without the end of a line.
        case torn(bytes: Int)
    }

    /// Nil for one that can't be read.
    var lines: [ServerLogLine?] = []
    var findings: [(finding: Finding, file: String)] = []
    /// Where the cursor is after it all; nil where there is no file to read.
    var cursor: LogCursor?
    /// Bytes that are there and not in it.
    var lag: Int64 = 0
}
