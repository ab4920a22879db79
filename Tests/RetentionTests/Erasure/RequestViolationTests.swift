import Billing
import BillingTesting
import CanonicalJSON
import CreditDomain
import EventStore
import Foundation
import Postgres
import Retention
import RetentionTesting
import Testing
import Verification

@Suite("Verification of what went on request", .serialized, .timeLimit(.minutes(10)))
struct RequestViolationTests {
    private static let sweep = StreamKey(.system, Streams.sweep)

    /// Two tenants, a person each, with two captures each; and the request of the first person, which nobody carries on.
    private struct Story {
        let bench: Bench
        let asking: Client
        let other: Client
        let request: LogPosition

        /// The position of the first event of a class and a tenant.
        func position(_ retention: String, _ client: Client, stream: String = "%") async throws -> Int64 {
            try await bench.number(
                """
                SELECT min(position) FROM zentriq.events WHERE class = '\(retention)'
                    AND tenant_id = '\(client.tenant.rawValue)' AND stream_id LIKE '\(stream)'
                """)
        }

        /// A certificate by whoever has the log's key and the gateway's role.
        func certify(
            _ position: Int64, as retention: String = "capture", on request: LogPosition? = nil,
            change: (inout JSONObject) -> Void = { _ in }
        ) async throws {
            let entry = try #require(
                try await bench.projectorReader.all(from: LogPosition(position), limit: 1).first
            ).commitment
            var certificate: JSONObject = [
                "basis": .string("request"), "class": .string(retention), "count": .string("1"),
                "positions": .array([.string(String(position))]),
                "request": .string(String((request ?? self.request).rawValue)),
                "root": .string(MerkleTreeRoot.of(entry)),
            ]
            change(&certificate)
            _ = try await bench.plant(
                NewEvent(EventCatalog.swept, data: JSONValue.object(certificate).canonicalBytes()), in: sweep)
        }

        /// By a superuser.
        func delete(_ position: Int64) async throws {
            try await bench.asSuperuser(("DELETE FROM zentriq.events WHERE position = $1", [.int8(position)]))
        }
    }

    private static func with(_ body: @Sendable (Story) async throws -> Void) async throws {
        try await Bench.with { bench in
            let (asking, other) = (Client(bench), Client(bench))
            for client in [asking, other] {
                let handle = try await bench.person(of: client.tenant).handle
                try await bench.ledger.register(
                    tenant: client.tenant, subject: handle, by: Requester(actor: handle, request: nil))
                try await client.grant(10)
                try await client.check()
                for _ in 0..<2 { try await client.capture() }
            }
            try await fill(bench)
            try await body(
                Story(bench: bench, asking: asking, other: other, request: try await begin(bench, asking)))
        }
    }

    /// So that the tree keeps the entries.
    private static func fill(_ bench: Bench) async throws {
        try await ErasureLedger(writer: bench.writer, reader: bench.reader).fillBundle()
        try await bench.buildTiles()
    }

    private static func begin(_ bench: Bench, _ client: Client) async throws -> LogPosition {
        let accepted = try await ErasureLedger(writer: bench.writer, reader: bench.reader).begin(
            client.tenant, try await bench.person(of: client.tenant).handle, stores: [], idempotencyKey: "",
            by: Client.requester)
        return try #require(accepted.position)
    }

    private static func expect(
        _ reason: String, _ story: Story, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let report = try await story.bench.verify()
        #expect(
            report.findings.kept.contains { $0.reason.contains(reason) }, "\(report.findings.kept)",
            sourceLocation: sourceLocation)
        #expect(report.checkpoint == nil, sourceLocation: sourceLocation)
    }

    @Test("finds nothing wrong with a capture of whoever has asked")
    func rightful() async throws {
        try await Self.with { story in
            let position = try await story.position("capture", story.asking)
            try await story.certify(position)
            try await story.delete(position)
            let report = try await story.bench.verify()
            #expect(report.isGood, "\(report.findings.kept)")
        }
    }

    @Test("finds a certificate that rests on something that is no request")
    func noRequest() async throws {
        try await Self.with { story in
            let position = try await story.position("capture", story.asking)
            try await story.certify(position, on: LogPosition(position + 1))
            try await story.delete(position)
            try await Self.expect("rests on a request for erasure that is not there", story)
        }
    }

    @Test("finds a certificate that rests on a request that comes after it")
    func later() async throws {
        try await Self.with { story in
            let position = try await story.position("capture", story.other)
            try await story.certify(position, on: LogPosition(try await story.bench.size() + 1))
            try await story.delete(position)
            #expect(try await Self.begin(story.bench, story.other).rawValue == story.bench.size() - 1)
            try await Self.expect("rests on a request for erasure that is not there", story)
        }
    }

    @Test("finds what went of another tenant than the one of the request")
    func otherTenant() async throws {
        try await Self.with { story in
            let position = try await story.position("capture", story.other)
            try await story.certify(position)
            try await story.delete(position)
            try await Self.expect("version", story)
        }
    }

    @Test("finds what went of another person of the same tenant")
    func otherPerson() async throws {
        try await Self.with { story in
            let colleague = ActorHandle(UUID())
            try await story.bench.ledger.register(
                tenant: story.asking.tenant, subject: colleague, by: Requester(actor: colleague, request: nil))
            try await Self.fill(story.bench)
            let position = try await story.position(
                "account", story.asking, stream: "subject-\(colleague.rawValue.lowercaseText)")
            try await story.certify(position, as: "account")
            try await story.delete(position)
            try await Self.expect("there is a head, and no event of the stream", story)
        }
    }

    @Test("finds a certificate for a class that nobody can ask for", arguments: ["billing", "usage"])
    func otherClass(retention: String) async throws {
        try await Self.with { story in
            let position = try await story.position(retention, story.asking)
            try await story.certify(position, as: retention)
            try await story.delete(position)
            try await Self.expect("nobody can ask for events of the class \(retention) to go", story)
        }
    }

    @Test("finds a certified row that is there")
    func alive() async throws {
        try await Self.with { story in
            try await story.certify(try await story.position("capture", story.asking))
            try await Self.expect("is there, and certified to be gone", story)
        }
    }

    @Test("finds a wrong root, and a wrong count", arguments: ["root", "count"])
    func wrong(member: String) async throws {
        try await Self.with { story in
            let position = try await story.position("capture", story.asking)
            try await story.certify(position) { certificate in
                certificate[member] = .string(member == "count" ? "2" : "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
            }
            try await story.delete(position)
            try await Self.expect(
                member == "count" ? "names 1 events, not 2" : "root is not that of the entries", story)
        }
    }

    @Test("finds what went under a hold on the person or the tenant", arguments: [true, false])
    func held(personally: Bool) async throws {
        try await Self.with { story in
            var scope = LegalHold.Scope()
            if personally {
                scope.subject = try await story.bench.person(of: story.asking.tenant).handle
            } else {
                scope.tenant = story.asking.tenant
            }
            let hold = try await story.bench.place(scope)
            let position = try await story.position("capture", story.asking)
            try await story.certify(position)
            try await story.delete(position)
            try await story.bench.release(hold)
            try await Self.expect("a legal hold covers events that the certificate names", story)
        }
    }

    @Test("a hold that was released before, or is on somebody else, is in nobody's way", arguments: [true, false])
    func notHeld(isReleased: Bool) async throws {
        try await Self.with { story in
            var scope = LegalHold.Scope()
            scope.tenant = isReleased ? story.asking.tenant : story.other.tenant
            let hold = try await story.bench.place(scope)
            if isReleased { try await story.bench.release(hold) }
            let position = try await story.position("capture", story.asking)
            try await story.certify(position)
            try await story.delete(position)
            let report = try await story.bench.verify()
            #expect(report.isGood, "\(report.findings.kept)")
        }
    }
}
