import Foundation
import Identity
import Testing

@Suite("Refresh tokens of development")
struct DevelopmentGrantsTests {
    private let grants = DevelopmentGrants()
    private let tenant = UUID()

    private func refresh(_ token: String, scopes: Set<String> = ["a"]) throws -> String {
        try grants.refresh(token, tenant: tenant, scopes: scopes).get()
    }

    @Test("each brings its successor")
    func rotation() throws {
        let first = grants.begin(tenant: tenant, scopes: ["a", "b"])
        let second = try refresh(first)
        let third = try refresh(second, scopes: ["b"])
        #expect(Set([first, second, third]).count == 3)
        #expect(grants.refreshCount == 2)
    }

    @Test("the one before the newest works, as often as it is sent, until the newest was used")
    func grace() throws {
        let first = grants.begin(tenant: tenant, scopes: ["a"])
        _ = try refresh(first)
        let second = try refresh(first)
        _ = try refresh(second)
        _ = try refresh(second)
        #expect(throws: DevelopmentGrants.Refusal.invalidGrant) { try refresh(first) }
    }

    @Test("an older one ends them all")
    func reuse() throws {
        let first = grants.begin(tenant: tenant, scopes: ["a"])
        let second = try refresh(first)
        let third = try refresh(second)
        #expect(throws: DevelopmentGrants.Refusal.invalidGrant) { try refresh(first) }
        #expect(throws: DevelopmentGrants.Refusal.invalidGrant) { try refresh(third) }
    }

    @Test("none works for another tenant, with a scope that was not granted, or if it is none")
    func refused() throws {
        let token = grants.begin(tenant: tenant, scopes: ["a"])
        #expect(throws: DevelopmentGrants.Refusal.invalidGrant) {
            try grants.refresh(token, tenant: UUID(), scopes: ["a"]).get()
        }
        #expect(throws: DevelopmentGrants.Refusal.invalidScope) { try refresh(token, scopes: ["a", "b"]) }
        for text in ["", ".", "x", token + "x"] {
            #expect(throws: DevelopmentGrants.Refusal.invalidGrant) { try refresh(text) }
        }
    }
}
