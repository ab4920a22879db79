import Foundation
import Testing
import TransparencyLog

@Suite("Core files", .timeLimit(.minutes(5)))
struct CoreDumpTests {
    @Test("ENC-04: no memory of the process ever gets into a core file, whoever writes it")
    func none() async throws {
        let key = try NoteSigner(name: KeyName("log.example.com/x"), seed: [UInt8](repeating: 7, count: 32)).verifier
        let process = Process()
        process.executableURL = Bundle.main.bundleURL.appending(path: "zentriq")
        // Waits for what stands in the file.
        process.arguments = ["verify", "receipt", "-", "--key", key.text]
        let input = Pipe()
        process.standardInput = input
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        let folder = "/proc/\(process.processIdentifier)"
        func read(_ name: String) throws -> String { try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8) }
        while process.isRunning, try read("coredump_filter") != "00000000\n" {
            try await Task.sleep(for: .milliseconds(10))
        }
        try #require(process.isRunning)
        let limit = try #require(try read("limits").split(separator: "\n").first { $0.hasPrefix("Max core file size") })
        #expect(limit.split(separator: " ").suffix(3).prefix(2) == ["0", "0"])
        process.terminate()
        process.waitUntilExit()
    }
}
