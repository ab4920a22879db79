import AuditLog
import EventStore
import Foundation
import Outbound
import SecretFiles
import Testing

/// Against docs/examples/erase_call_back.py, which shares no code with the service.
@Suite("The example of a store that erases", .timeLimit(.minutes(10)))
struct CallBackExampleTests {
    @Test("it erases what it is asked to, once, and only if it is asked by who has the secret")
    func example() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "zentriq-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let file = "\(folder)/secret"
        try SecretFile.create(file, "0123456789abcdef0123456789abcdef\n")
        let (process, url) = try start("chats", file)
        defer {
            // A child of a test's thread has SIGTERM blocked.
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        let address = try #require(OutboundAddress(url, development: true))
        func callBack(
            _ secret: CallBackSecret, name: String = "chats", action: CallBackAction = .erase, secondsAhead: Int64 = 0
        ) -> CallBack {
            CallBack(
                name: name, action: action, address: address, secret: secret,
                clock: WallClock { WallClock.system.now().adding(seconds: secondsAhead) }, timeout: .seconds(120))
        }
        let secret = try CallBackSecret(file: file)
        let tenant = TenantID(try #require(UUID(text: "11111111-1111-4111-8111-111111111111")))
        let person = try #require(UUID(text: "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"))
        let request = CallBackRequest(id: UUID(), tenant: tenant, object: person)

        let stranger = try CallBackSecret([UInt8](repeating: 1, count: 32))
        await #expect(throws: CallBackFailure.status(401)) { try await callBack(stranger).ask(request) }
        for seconds: Int64 in [-400, 400] {
            await #expect(throws: CallBackFailure.status(401)) {
                try await callBack(secret, secondsAhead: seconds).ask(request)
            }
        }
        await #expect(throws: CallBackFailure.status(400)) {
            try await callBack(secret, action: .cancelSubscription).ask(request)
        }

        let first = try await callBack(secret).ask(request)
        #expect(first.erased == 2)
        #expect(try await callBack(secret).ask(request) == first)
        let again = CallBackRequest(id: UUID(), tenant: tenant, object: person)
        #expect(try await callBack(secret).ask(again).erased == 0)
        await #expect(throws: CallBackFailure.receiptOfAnother) {
            try await callBack(secret, name: "mail").ask(again)
        }
        #expect(try await callBack(secret).ask(CallBackRequest(id: UUID(), tenant: tenant)).erased == 1)
    }

    /// Starts the example, and returns with the address it tells.
    private func start(_ arguments: String...) throws -> (Process, String) {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = ["-B", root.appending(path: "docs/examples/erase_call_back.py").path] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        var line = Data()
        while line.last != UInt8(ascii: "\n") {
            let data = pipe.fileHandleForReading.availableData
            try #require(!data.isEmpty, "the example ended")
            line += data
        }
        return (process, String(decoding: line.dropLast(), as: UTF8.self))
    }
}
