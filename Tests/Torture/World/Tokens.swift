import CreditDomain
import EventStore
import Foundation
import Identity
import TortureHistory

/// Tokens of the development issuer whose key the gateways trust, valid however far their clocks are stepped here.
struct Tokens: Sendable {
    private static let operatorTenant = uuid(0x0E0E_0E0E, 0xE)
    private static let backendSubject = uuid(0xB000_0000, 1)
    private static let backendClient = uuid(0xC000_0000, 3)
    /// How long before now a token is valid already.
    private static let leadSeconds: Int64 = 6 * 3_600
    private static let lifetimeSeconds: Int64 = 28 * 3_600

    private let issuer: DevelopmentIssuer

    init(folder: String) async throws {
        issuer = try await DevelopmentIssuer(
            keyFile: folder + "/development-issuer.pem", audience: "api://zentriq-development",
            clock: { WallClock.system.now().adding(seconds: -Self.leadSeconds).microseconds })
    }

    func user(of account: Account) async throws -> String {
        let client = Self.uuid(0xC000_0000, account.product == .agent ? 2 : 1)
        return try await issuer.userToken(
            tenant: account.tenant.rawValue, subject: account.tenant.rawValue, scopes: ["credits"], client: client,
            lifetimeSeconds: Self.lifetimeSeconds)
    }

    func billing() async throws -> String {
        try await issuer.applicationToken(
            tenant: Self.operatorTenant, subject: Self.backendSubject, roles: ["billing"], client: Self.backendClient,
            lifetimeSeconds: Self.lifetimeSeconds)
    }

    /// The first and the last bytes of the identifiers that `zentriq dev` knows.
    private static func uuid(_ first: UInt32, _ last: UInt8) -> UUID {
        func byte(_ shift: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: first >> shift) }
        return UUID(
            uuid: (byte(24), byte(16), byte(8), byte(0), 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, last))
    }
}
