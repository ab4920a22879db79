import Foundation
import Postgres
import PostgresTesting
import Testing

@testable import EventStore

/// What the function makes of arguments that no honest writer sends: whoever has the gateway's password can send them.
@Suite("The append function, called wrongly", .serialized, .timeLimit(.minutes(10)))
struct AppendContractTests {
    private static let firstArray = 8
    private static let arrays = Array(firstArray..<33)
    private static let texts: Set = [8, 10, 12, 19, 22, 27, 32]
    private static let uuids: Set = [9, 14, 15, 16, 20, 21, 28]
    private static let bytes: Set = [17, 18, 29, 30]

    private static func array(_ index: Int, count: Int) -> Parameter {
        if texts.contains(index) { return .textArray(Array(repeating: "usage", count: count)) }
        if uuids.contains(index) { return .uuidArray((0..<count).map { _ in UUID() }) }
        if bytes.contains(index) {
            return .byteaArray(Array(repeating: [UInt8](repeating: 7, count: 32), count: count))
        }
        return index == 13
            ? .int2Array(Array(repeating: 1, count: count)) : .int8Array(Array(repeating: 1, count: count))
    }

    /// Sends the arguments of a batch of one event, stream and key, changed by the body, and expects a refusal that
    /// leaves the log as it was.
    private static func expectRefused(
        _ sqlStates: String..., sourceLocation: SourceLocation = #_sourceLocation,
        change: (inout AppendBatch) -> Void
    ) async throws {
        let log = try await TestLog.make()
        let database = try await log.database()
        let before = try await log.contents()
        var batch = try await log.planned([.add(of: .random(), key: "k")], on: database).batch
        change(&batch)
        await #expect(sourceLocation: sourceLocation) {
            _ = try await database.append(batch, committing: false)
        } throws: { error in
            (error as? PostgresError)?.sqlState.map(sqlStates.contains) ?? false
        }
        #expect(try await log.contents() == before, sourceLocation: sourceLocation)
        await database.connection.close()
    }

    @Test("a column that is shorter or longer than the others is refused", arguments: [0, 2])
    func lengths(count: Int) async throws {
        let log = try await TestLog.make()
        let database = try await log.database()
        let batch = try await log.planned([.add(of: .random(), key: "k")], on: database).batch
        let before = try await log.contents()
        for index in Self.arrays {
            var parameters = database.parameters(of: batch)
            parameters[index] = Self.array(index, count: count)
            await EventStoreTests.expectRefused("22023") {
                _ = try await database.connection.query(LogDatabase.append, parameters)
            }
        }
        #expect(try await log.contents() == before)
        #expect(try await database.append(batch, committing: false) == .appended)
        await database.connection.close()
    }

    @Test("a batch without events is refused")
    func empty() async throws {
        try await Self.expectRefused("22023") { batch in
            batch = AppendBatch(expected: batch.expected, recordedAt: batch.next.recordedAt)
        }
    }

    @Test("stream heads that do not follow from the events are refused", arguments: FalseHead.all)
    func falseHeads(lie: FalseHead) async throws {
        try await Self.expectRefused("22023") { batch in lie.apply(&batch) }
    }

    struct FalseHead: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let apply: @Sendable (inout AppendBatch) -> Void

        init(_ name: String, _ apply: @escaping @Sendable (inout AppendBatch) -> Void) {
            testDescription = name
            self.apply = apply
        }

        static let all = [
            FalseHead("a version is left out") { $0.streams.versions = [2] },
            FalseHead("an event's version is another") { $0.events.versions = [2] },
            FalseHead("a version goes back") {
                $0.streams.expected = [1]
                $0.streams.versions = [0]
            },
            FalseHead("a head without an event") {
                $0.streams.tenants.append(UUID())
                $0.streams.streams.append("counter-a")
                $0.streams.expected.append(0)
                $0.streams.versions.append(1)
                $0.streams.positions.append(0)
                $0.streams.due.append(nil)
                $0.streams.states.append(#"{"value":"1000000"}"#)
            },
            FalseHead("a head that stays where it is") { $0.streams.versions = [0] },
            FalseHead("a position before the batch") { $0.streams.positions = [-1] },
            FalseHead("a position after the batch") { $0.streams.positions = [1] },
            FalseHead("no head at all") { $0.streams = AppendBatch.Streams() },
        ]
    }

    @Test("a key that comes twice is a duplicate of itself")
    func doubleKey() async throws {
        let log = try await TestLog.make()
        let database = try await log.database()
        let before = try await log.contents()
        var batch = try await log.planned([.add(of: .random(), key: "k")], on: database).batch
        batch.outcomes.tenants.append(batch.outcomes.tenants[0])
        batch.outcomes.keys += batch.outcomes.keys
        batch.outcomes.fingerprints += batch.outcomes.fingerprints
        batch.outcomes.positions.append(0)
        batch.outcomes.responses += batch.outcomes.responses
        batch.outcomes.responseLengths.append(batch.outcomes.responseLengths[0])
        #expect(try await database.append(batch, committing: false) == .duplicateKey)
        #expect(try await log.contents() == before)
        await database.connection.close()
    }

    @Test("a stream whose head comes twice is refused")
    func doubleHead() async throws {
        try await Self.expectRefused("21000", "22023") { batch in
            batch.streams.tenants.append(batch.streams.tenants[0])
            batch.streams.streams.append(batch.streams.streams[0])
            batch.streams.expected = [0, 0]
            batch.streams.versions.append(1)
            batch.streams.positions.append(0)
            batch.streams.due.append(nil)
            batch.streams.states.append(nil)
        }
    }

    @Test("a class that there is not is refused")
    func unknownClass() async throws {
        try await Self.expectRefused("23514") { batch in batch.events.classes = ["forever"] }
    }

    @Test("text that is not UTF-8 is refused")
    func badText() async throws {
        try await Self.expectRefused("22021") { batch in batch.events.data[0] = 0xFF }
    }

    @Test("a log that there is not answers 'head', and none comes into being")
    func unknownLog() async throws {
        let log = try await TestLog.make()
        let database = try await log.database()
        let batch = try await log.planned([.add(of: .random())], on: database).batch
        let nowhere = LogDatabase(log: LogID(-1), connection: database.connection, deadline: .seconds(10))
        #expect(try await nowhere.append(batch, committing: false) == .headMoved)
        await #expect(throws: LogError.corrupt("log -1 does not exist")) { try await nowhere.readHead() }
        await #expect(throws: LogError.corrupt("log -1 does not exist")) { try await nowhere.fence() }
        await database.connection.close()
    }
}
