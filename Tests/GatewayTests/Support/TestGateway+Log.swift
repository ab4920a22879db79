import CanonicalJSON
import EventStore
import Gateway
import Postgres
import PostgresTesting
import Projections
import Testing

extension TestGateway {
    /// How many events the log has.
    func logSize() async throws -> Int64 {
        try await platform.reader.head().nextPosition.rawValue
    }

    /// Runs `body`, and expects that it appended so many events.
    func expectAppended<Value>(
        _ count: Int64, sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Value
    ) async throws -> Value {
        let before = try await logSize()
        let value = try await body()
        let after = try await logSize()
        #expect(after - before == count, "events appended", sourceLocation: sourceLocation)
        return value
    }

    /// What the newest event that somebody has read something says.
    func newestRead() async throws -> JSONObject {
        let data = try await connected(as: .superuser) { connection in
            try await connection.query(
                "SELECT data FROM zentriq.events WHERE type = 'audit.read' ORDER BY position DESC LIMIT 1"
            ).only().string(0)
        }
        return try #require(try JSONParser.parse(Array(data.utf8)).objectValue)
    }

    /// Returns when all projections have everything that is in the log now.
    func projectionsCaughtUp() async throws {
        let size = try await logSize()
        while true {
            let status = try await platform.projections.status().filter(\.isActive)
            if !status.isEmpty, status.allSatisfy({ $0.next.rawValue >= size }) { return }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// Asks until the answer has this status: a busy machine may take a while to find out how it is.
    func settled(_ path: String, status: Int) async throws -> Answer {
        while true {
            let answer = try await get(path)
            if answer.status == status { return answer }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Runs `body` with a connection past the service.
    func connected<Value>(
        as role: Role, _ body: (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        let connection = try await PostgresConnection.connect(configuration(role))
        let result: Result<Value, any Error>
        do { result = .success(try await body(connection)) } catch { result = .failure(error) }
        await connection.close()
        return try result.get()
    }
}
