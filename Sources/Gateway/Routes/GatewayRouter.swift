import AuditLog
import Billing
package import Edge
package import EventStore
package import Hummingbird
package import Identity
import Projections

/// All routes of the interface, in one router.
package enum GatewayRouter {
    package struct Configuration: Sendable {
        package var identity: IdentityConfiguration
        package var rateLimits = TenantRateLimiter.Limits()
        /// The folder with the migrations this build needs.
        package var schemaDirectory: String
        /// What tokens are checked by, if it is not the service's own clock.
        package var tokenClock: WallClock?

        package init(identity: IdentityConfiguration, schemaDirectory: String) {
            self.identity = identity
            self.schemaDirectory = schemaDirectory
        }
    }

    package static func make(
        _ platform: Platform, _ configuration: Configuration, keys: any KeySource
    ) -> Router<GatewayContext> {
        let clock = platform.configuration.clock
        let tokenClock = configuration.tokenClock ?? clock
        let admission = Admission(
            authenticator: Authenticator(
                verifier: TokenVerifier(
                    configuration: configuration.identity, keys: keys, clock: { tokenClock.now().microseconds }),
                configuration: configuration.identity,
                people: KnownPeople(directory: platform.subjects, ledger: platform.ledger)),
            limiter: TenantRateLimiter(limits: configuration.rateLimits), receipts: platform.receipts)
        let router = Router(context: GatewayContext.self, options: .autoGenerateHeadEndpoints)
        router.addTracing()
        SpendingRoutes(admission: admission, ledger: platform.ledger, restrictions: platform.restrictions).add(
            to: router)
        FundingRoutes(admission: admission, ledger: platform.ledger).add(to: router)
        HistoryRoutes(
            admission: admission, balances: platform.balances, history: platform.history, ledger: platform.ledger,
            clock: clock
        ).add(to: router)
        AuditRoutes(
            admission: admission, ledger: platform.ledger, audit: platform.audit, tenantAudit: platform.tenantAudit,
            auditorExports: platform.auditorExports, tenantExports: platform.tenantExports
        ).add(to: router)
        AccessRoutes(
            admission: admission, accesses: AccessHistory(reader: platform.reader), receipts: platform.receipts
        ).add(to: router)
        ReceiptRoutes(admission: admission, ledger: platform.ledger).add(to: router)
        RetentionRoutes(
            admission: admission, schedule: platform.schedule, holds: platform.holds, ledger: platform.ledger,
            clock: clock
        ).add(to: router)
        PersonalRoutes(admission: admission, privacy: platform.privacy, restrictions: platform.restrictions)
            .add(to: router)
        PersonalExportRoutes(
            admission: admission, privacy: platform.privacy, subjects: platform.subjects, vault: platform.vault,
            reader: platform.tenantAudit.reader, slots: platform.personalExports, clock: clock
        ).add(to: router)
        ErasureRoutes(
            admission: admission, erasures: platform.erasures, privacy: platform.privacy,
            ledger: platform.ledger, callBacks: platform.configuration.callBacks, tokenClock: tokenClock
        ).add(to: router)
        PrivacyDeskRoutes(
            admission: admission, privacy: platform.privacy, restrictions: platform.restrictions,
            register: platform.requests, subjects: platform.subjects, ledger: platform.ledger, clock: clock
        ).add(to: router)
        TokenRoutes(
            admission: admission, vault: platform.vault, subjects: platform.subjects,
            restrictions: platform.restrictions, clock: clock
        ).add(to: router)
        LogRoutes(platform).add(to: router)
        HealthRoutes(probe: HealthProbe(platform: platform, schemaDirectory: configuration.schemaDirectory))
            .add(to: router)
        return router
    }
}
