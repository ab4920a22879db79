import AuditLog
import Billing
import Edge
import Foundation
import Gateway
import HTTPTypes
import Testing

extension TestGateway {
    /// Somebody's request that everything of theirs goes.
    func eraseMe(_ token: String) async throws -> Answer {
        try await send(.delete, "/v1/me", token: token)
    }

    func eraseTenant(_ id: String, token: String?, key: String? = UUID().uuidString) async throws -> Answer {
        var headers = HTTPFields()
        if let key { headers[.idempotencyKey] = key }
        return try await send(.delete, "/v1/tenants/\(id)", token: token, headers: headers)
    }

    /// Carries an erasure on beside the service, which does so every few seconds. The clock moves on by as much as
    /// events wait for their bundle to be filled.
    func completeErasure(_ text: String?) async throws {
        let request = try #require(text.flatMap { UUID(uuidString: $0) })
        let driver = try #require(platform.erasureDriver(), "the gateway has no role of retention")
        clock.advance(seconds: ErasureDriver.patienceSeconds + 1)
        while try await driver.advance(request)?.process.isComplete != true {
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}
