import Billing
import BillingTesting
import CreditDomain
import EventStore
import Postgres
import PostgresTesting
import Projections

extension Bench {
    var store: ProjectionStore { ProjectionStore(log: Self.log, pool: projectorPool) }
    var history: HistoryReader { HistoryReader(reader: reader, clock: clock.wallClock) }
    var balances: Balances { Balances(reader: reader, clock: clock.wallClock) }

    func runner(_ projection: any Projection) -> ProjectionRunner {
        ProjectionRunner(
            projection, store: store, reader: projectorReader, signal: signal, logger: logger)
    }

    func catchUp() async throws {
        for projection in ProjectionCatalog.all { try await runner(projection).catchUp() }
    }

    @discardableResult
    func rebuild(
        _ projection: any Projection, onlyIfEqual: Bool = false,
        progress: @Sendable (ProjectionRebuild.Progress) -> Void = { _ in }
    ) async throws -> ProjectionRebuild.Report {
        try await ProjectionRebuild(projection, store: store, reader: projectorReader)
            .run(onlyIfEqual: onlyIfEqual, progress: progress)
    }

    /// Whether the rows that are served are those that the log gives, made anew beside them.
    func isAsRebuilt(_ projection: any Projection) async throws -> Bool {
        let report = try await rebuild(projection)
        return report.replacedDigest != nil && report.isUnchanged
    }

    func active(_ projection: any Projection) async throws -> ProjectionStore.Status? {
        try await store.status().first { $0.name == projection.name && $0.isActive }
    }

    /// As if the projection had never run.
    func forget(_ projection: any Projection) async throws {
        try await asSuperuser(
            (Statement("DELETE FROM zentriq.\(projection.name)"), []),
            ("DELETE FROM zentriq.parked_events WHERE name = $1", [.text(projection.name)]),
            ("DELETE FROM zentriq.projections WHERE name = $1", [.text(projection.name)]))
    }
}
