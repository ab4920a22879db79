import Postgres
import PostgresTesting
import Testing

@Suite("Notifications")
struct NotificationTests {
    @Test("a listener receives what others send, and nothing at the deadline")
    func listen() async throws {
        let configuration = try await TestConnection.configuration()
        let listener = try await PostgresConnection.connect(configuration)
        let sender = try await PostgresConnection.connect(configuration)
        let channel = "Odd \"name\" \(UInt64.random(in: .min ... .max))"
        try await listener.listen(channel)
        #expect(try await listener.notifications(deadline: .milliseconds(20)).isEmpty)

        let notify: Statement = "SELECT pg_notify($1, $2)"
        try await sender.query(notify, [.text(channel), .text("one")])
        let first = try await listener.notifications(deadline: .seconds(30))
        let pid = await sender.backendPID
        #expect(first.map(\.channel) == [channel])
        #expect(first.map(\.payload) == ["one"])
        #expect(first.map(\.backendPID) == [pid])

        let waiting = Task { try await listener.notifications(deadline: .seconds(30)) }
        try await sender.query(notify, [.text(channel), .text("two")])
        #expect(try await waiting.value.map(\.payload) == ["two"])
        await listener.close()
        await sender.close()
    }

    @Test("a cancelled listener stops at once and goes on later")
    func cancel() async throws {
        try await TestConnection.use { connection in
            try await connection.listen("c")
            let waiting = Task { try await connection.notifications(deadline: .seconds(60)) }
            waiting.cancel()
            let error = await #expect(throws: PostgresError.self) { _ = try await waiting.value }
            #expect(error?.kind == .cancelled)
            try await connection.script("NOTIFY c, 'x'")
            #expect(try await connection.notifications(deadline: .seconds(30)).map(\.payload) == ["x"])
        }
    }

    @Test("a listener whose server process ends is told")
    func terminated() async throws {
        let configuration = try await TestConnection.configuration()
        let listener = try await PostgresConnection.connect(configuration)
        try await listener.listen("terminated")
        let pid = await listener.backendPID
        let waiting = Task { try await listener.notifications(deadline: .seconds(60)) }
        try await TestConnection.use { other in
            _ = try await other.query("SELECT pg_terminate_backend($1)", [.int4(pid)])
        }
        let error = await #expect(throws: PostgresError.self) { _ = try await waiting.value }
        #expect(error?.kind == .connectionLost)
        #expect(!listener.isAlive)
    }

    @Test("a channel without a name is refused", arguments: ["", "a\0b"])
    func unnamed(channel: String) async throws {
        try await TestConnection.use { connection in
            let error = await #expect(throws: PostgresError.self) { try await connection.listen(channel) }
            #expect(error?.kind == .invalidParameter)
        }
    }
}
