import Foundation

/// How far a gateway's wall clock is from the machine's: a file that the library preloaded into the gateway reads with
/// every look at the clock.
struct SteppedClock: Sendable {
    private let file: String
    /// Nil where it could not be built: then the clock is the machine's.
    private let library: String?

    init(file: String, library: String?) throws {
        self.file = file
        self.library = library
        guard FileManager.default.createFile(atPath: file, contents: Data(count: 8)) else {
            throw TortureError("cannot write \(file)")
        }
    }

    var isPossible: Bool { library != nil }

    var environment: [String: String] {
        library.map { ["LD_PRELOAD": $0, "ZENTRIQ_TORTURE_CLOCK": file] } ?? [:]
    }

    /// In one write of 8 bytes, so that no reader sees half of it.
    func step(to offset: Duration) {
        let nanoseconds = offset.components.seconds * 1_000_000_000 + offset.components.attoseconds / 1_000_000_000
        let descriptor = open(file, O_WRONLY | O_CLOEXEC)
        _ = withUnsafeBytes(of: nanoseconds) { pwrite(descriptor, $0.baseAddress, 8, 0) }
        close(descriptor)
    }
}
