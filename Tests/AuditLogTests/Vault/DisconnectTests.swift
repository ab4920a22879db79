import Billing
import BillingTesting
import CreditDomain
import EventStore
import Foundation
import Postgres
import Testing

@testable import AuditLog

@Suite("Tokens of a whole tenant", .timeLimit(.minutes(10)))
struct DisconnectTests {
    @Test("are destroyed in batches, with a bounded answer, and a repeat goes on where it was cut off")
    func batches() async throws {
        try await Bench.with { bench in
            let (tenant, other) = (TenantID(UUID()), TenantID(UUID()))
            for place in Array(repeating: tenant, count: 7) + [other] {
                let person = try await bench.subjects.subject(of: UUID(), in: place)
                _ = try await bench.vault.put(
                    SecretText("token"), scopes: ["x"], for: .agent, of: DataSubject(place, person.handle),
                    from: UUID(),
                    by: Requester(actor: person.handle, request: nil))
            }
            var vault = bench.vault
            (vault.limits.disconnectBatch, vault.limits.maximumTold) = (2, 3)
            let bounded = vault
            func disconnect() async throws -> Int {
                try await bounded.disconnect(
                    tenant, nil, because: .uninstalled, by: Requester(actor: nil, request: nil)
                ).count
            }

            // Cut off: the third one can't be destroyed for now.
            let third = try await vault.store.rows(of: tenant, nil, limit: 3)[2].subject.handle
            try await bench.asSuperuser(
                (
                    """
                    CREATE FUNCTION zentriq.stop() RETURNS trigger LANGUAGE plpgsql AS
                    $$ BEGIN RAISE EXCEPTION 'not now' USING ERRCODE = 'object_in_use'; END $$
                    """, []
                ),
                (
                    Statement(
                        """
                        CREATE TRIGGER stop BEFORE DELETE ON zentriq.vault_tokens FOR EACH ROW
                        WHEN (OLD.subject = '\(third.rawValue)') EXECUTE FUNCTION zentriq.stop()
                        """), []
                ))
            await #expect(throws: (any Error).self) { try await disconnect() }
            #expect(try await vault.store.rows(of: tenant, nil, limit: 10).count == 5)
            try await bench.asSuperuser(("DROP TRIGGER stop ON zentriq.vault_tokens", []))
            #expect(try await disconnect() == 3)
            #expect(try await vault.store.rows(of: tenant, nil, limit: 10).isEmpty)
            #expect(try await vault.store.rows(of: other, nil, limit: 10).count == 1)
            #expect(try await disconnect() == 0)
        }
    }
}
