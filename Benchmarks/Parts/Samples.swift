import Billing
import CreditDomain
import EventStore
import Foundation
import Identity
import Sealing
import TransparencyLog

/// What a debit of everyday consists of.
enum Samples {
    static let origin = "log.example.com/main"
    static let time = Timestamp(microseconds: 1_767_225_600_000_000)
    static let body = Array(
        """
        {"capture_id":"1b671a64-40d5-491e-99b0-da01ff1f3341","product":"punchout","vendor_host":"www.galaxus.ch",\
        "line_count":3,"captured_at":"2026-01-01T00:00:00Z","outcome":"success"}
        """.utf8)

    static var event: RecordedEvent {
        let capture = CaptureRecord(
            id: UUID(), product: .punchout, vendorHost: "www.galaxus.ch", lineCount: 3, capturedAt: time,
            outcome: .success
        ).newEvent
        return RecordedEvent(
            position: LogPosition(1_000_000), recordedAt: EventTime(microseconds: time.microseconds),
            stream: StreamKey(TenantID(UUID()), Streams.captures(.punchout)), version: StreamVersion(1_000), id: UUID(),
            actor: ActorHandle(UUID()), request: UUID(), type: capture.type.name,
            schemaVersion: capture.type.schemaVersion, retention: capture.type.retention,
            salt: RandomBytes.system.make(RecordedEvent.saltLength), data: capture.data,
            commitment: MerkleTree.emptyRoot)
    }

    static let key = SubjectKey(randomFor: UUID(), of: UUID(), log: origin)

    /// With three grants, as an account has that is bought for now and then.
    static var account: AccountState {
        var state = AccountState()
        for number in 1...3 {
            let grant = GrantRequest(source: .purchase, reference: "order-\(number)", units: Credits(1_000))
            guard let events = try? decide(.grant(grant), state, now: time) else { continue }
            for event in events { try? evolve(&state, event) }
        }
        return state
    }

    /// A user's access token, and what verifies it.
    struct Token: Sendable {
        private static let audience = "api://benchmark"
        private static let client = UUID()

        let text: String
        private let keys: LocalKeys

        init() async throws {
            let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).pem").path
            defer { try? FileManager.default.removeItem(atPath: file) }
            let issuer = try await DevelopmentIssuer(keyFile: file, audience: Self.audience, clock: Self.now)
            text = try await issuer.userToken(
                tenant: UUID(), subject: UUID(), scopes: ["credits"], client: Self.client)
            keys = try await LocalKeys(jwks: try issuer.jwks())
        }

        func verifier() -> TokenVerifier {
            TokenVerifier(
                configuration: IdentityConfiguration(
                    audiences: [Self.audience], operatorTenant: UUID(), clients: [Self.client: ["punchout"]],
                    applicationClients: [], issuerTemplate: DevelopmentIssuer.issuerTemplate),
                keys: keys, clock: Self.now)
        }

        private static func now() -> Int64 { WallClock.system.now().microseconds }
    }
}
