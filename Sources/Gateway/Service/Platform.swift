package import AuditLog
package import Billing
package import EventStore
package import Logging
package import Postgres
package import Projections
package import Restoration
package import Sealing
package import ServiceLifecycle
package import Verification

/// Everything behind the interface, put together: the log with its writer and readers, the projections, the
/// background work. The composition root of the service, of its command line and of its tests.
package struct Platform: Sendable {
    package struct Configuration: Sendable {
        package var log = LogID(1)
        /// Names the log and signs for it.
        package var signer: LogSigner
        /// Wraps the keys of people.
        package var keys: KeyEncryptionKeys
        package var gateway: PostgresConfiguration
        package var projector: PostgresConfiguration
        package var auditor: PostgresConfiguration
        /// Nil: nothing is swept here.
        package var retention: PostgresConfiguration?
        /// Nil: nobody's access is granted or ended here.
        package var access: PostgresConfiguration?
        /// Whether the key-encryption key is rotated here when it is due. Needs the role of retention.
        package var rotatesKeys = false
        /// Nil: what staff does is not recorded here, and unless it is elsewhere, nobody of it gets in.
        package var recorder: (database: PostgresConfiguration, log: Recorder.Configuration)?
        /// Who else has something to do when somebody is erased.
        package var callBacks: [CallBack] = []
        /// The folder of the erasure ledger. Nil: nothing is kept outside of the database.
        package var ledger: String?
        /// Where people's tokens are renewed. Nil: none can be stored here, nor used.
        package var identityProvider: IdentityProvider?
        package var vaultLimits = VaultLimits()
        package var limits = SequencerLimits()
        package var clock = WallClock.system
        /// Connections for reading, each with a thread.
        package var readers = 3
        /// Connections for reading the log's events, for auditors and for tenants each: a long export is not to take those
        /// that others read their balance with.
        package var auditReaders = 2
        /// Exports that may be under way at once, of auditors and of tenants each.
        package var exports = 2
        /// How much of the machine the verification in the background may take.
        package var verification = VerificationService.Pace()

        package init(
            signer: LogSigner, keys: KeyEncryptionKeys, gateway: PostgresConfiguration,
            projector: PostgresConfiguration,
            auditor: PostgresConfiguration
        ) {
            self.signer = signer
            self.keys = keys
            self.gateway = gateway
            self.projector = projector
            self.auditor = auditor
        }
    }

    package let configuration: Configuration
    package let writer: CreditLedger.Writer
    package let ledger: CreditLedger
    package let reader: LogReader
    package let balances: Balances
    package let history: HistoryReader
    package let projections: ProjectionStore
    package let subjects: SubjectDirectory
    package let receipts: Receipts
    package let policies: PolicyRegister
    package let holds: HoldRegister
    package let schedule: RetentionSchedule
    /// For what anybody may ask without a token. On a connection of its own, so that whoever loads it delays nobody else.
    let publicReader: LogReader
    /// For tenants, each of its own events.
    package let tenantAudit: AuditReader
    /// For auditors.
    package let audit: AuditReader
    package let auditorExports: ExportSlots
    package let tenantExports: ExportSlots
    package let personalExports: ExportSlots
    package let privacy: PrivacyLedger
    package let erasures: ErasureLedger
    package let staff: StaffLedger
    /// Whose data is not to be processed.
    package let restrictions: RestrictionRegister
    /// What people asked of their data, for those who answer.
    package let requests: RequestRegister
    /// What a restore must not undo, outside of the database. Nil where that is not configured.
    package let erasureLedger: LedgerWriter?
    /// What the verification in the background has found.
    package let verification = VerificationStatus()
    /// People's tokens.
    package let vault: TokenVault
    let projectorReader: LogReader
    private let subjectKeys: SubjectKeys
    let signal: CommitSignal
    let gatewayPool: PostgresPool
    let projectorPool: PostgresPool
    let publicPool: PostgresPool
    private let auditorPool: PostgresPool
    private let vaultPool: PostgresPool
    private let accessPool: PostgresPool?
    private let recorderPool: PostgresPool?
    private let verificationPool: PostgresPool
    private let tenantAuditPool: PostgresPool
    private let logger: Logger

    package init(_ configuration: Configuration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        gatewayPool = PostgresPool(
            configuration: Self.planning(configuration.gateway, Self.readSettings), size: configuration.readers,
            logger: logger)
        publicPool = PostgresPool(
            configuration: Self.planning(configuration.gateway, Self.readSettings), size: 1,
            logger: logger)
        projectorPool = PostgresPool(
            configuration: Self.planning(configuration.projector, Self.projectionSettings),
            size: ProjectionCatalog.all.count + 3, logger: logger)
        auditorPool = PostgresPool(
            configuration: Self.planning(configuration.auditor, Self.readSettings), size: configuration.auditReaders,
            logger: logger)
        accessPool = configuration.access.map { PostgresPool(configuration: $0, size: 1, logger: logger) }
        recorderPool = configuration.recorder.map {
            PostgresPool(configuration: $0.database, size: 3, logger: logger)
        }
        verificationPool = PostgresPool(configuration: configuration.auditor, size: 1, logger: logger)
        tenantAuditPool = PostgresPool(
            configuration: Self.planning(configuration.gateway, Self.readSettings), size: configuration.auditReaders,
            logger: logger)
        vaultPool = PostgresPool(
            configuration: Self.planning(configuration.gateway, Self.joinedSettings), size: 2, logger: logger)
        signal = CommitSignal()
        writer = Sequencer(
            log: configuration.log, signer: configuration.signer, configuration: configuration.gateway,
            limits: configuration.limits, clock: configuration.clock, signal: signal, logger: logger)
        let origin = configuration.signer.origin
        subjectKeys = SubjectKeys(origin: origin, keys: configuration.keys)
        reader = LogReader(log: configuration.log, origin: origin, pool: gatewayPool, keys: subjectKeys)
        projectorReader = LogReader(
            log: configuration.log, origin: origin, pool: projectorPool, keys: subjectKeys)
        receipts = Receipts(reader: reader)
        publicReader = LogReader(log: configuration.log, origin: origin, pool: publicPool)
        tenantAudit = AuditReader(
            reader: LogReader(log: configuration.log, origin: origin, pool: tenantAuditPool, keys: subjectKeys))
        audit = AuditReader(
            reader: LogReader(log: configuration.log, origin: origin, pool: auditorPool, keys: subjectKeys))
        auditorExports = ExportSlots(configuration.exports)
        tenantExports = ExportSlots(configuration.exports)
        personalExports = ExportSlots(configuration.exports)
        ledger = CreditLedger(writer: writer, reader: reader)
        privacy = PrivacyLedger(writer: writer, reader: reader)
        erasures = ErasureLedger(writer: writer, reader: reader)
        staff = StaffLedger(writer: writer, reader: reader)
        restrictions = RestrictionRegister(reader: projectorReader, signal: signal, logger: logger)
        erasureLedger = configuration.ledger.map { [audit] in LedgerWriter(path: $0, reader: audit.reader) }
        requests = RequestRegister(log: configuration.log, pool: auditorPool)
        vault = TokenVault(
            log: configuration.log, origin: origin, pool: vaultPool,
            ledger: TokenLedger(writer: writer, reader: reader), privacy: privacy,
            joined: JoinedWriter(
                log: configuration.log, signer: configuration.signer, pool: vaultPool, clock: configuration.clock,
                signal: signal),
            keys: configuration.keys, provider: configuration.identityProvider, limits: configuration.vaultLimits,
            clock: configuration.clock, logger: logger)
        balances = Balances(reader: reader, clock: configuration.clock)
        history = HistoryReader(reader: reader, clock: configuration.clock)
        projections = ProjectionStore(log: configuration.log, pool: projectorPool)
        subjects = SubjectDirectory(
            log: configuration.log, origin: origin, pool: gatewayPool, keys: configuration.keys)
        policies = PolicyRegister(reader: reader)
        holds = HoldRegister(reader: reader)
        schedule = RetentionSchedule(log: configuration.log, pool: gatewayPool)
    }

    /// To plan a read of the log anew costs more than the read: there is a partition for every class and month.
    private static let readSettings = ["plan_cache_mode": "force_generic_plan", "jit": "off"]

    /// A process that is stopped while it holds the head's lock must not stop every other writer.
    private static let joinedSettings = readSettings.merging(["idle_in_transaction_session_timeout": "5s"]) { $1 }

    /// Rows and checkpoint of a projection go together: what a crash takes back is made again, so nobody waits for it.
    private static let projectionSettings = readSettings.merging(["synchronous_commit": "off"]) { $1 }

    private static func planning(
        _ configuration: PostgresConfiguration, _ settings: [String: String]
    ) -> PostgresConfiguration {
        var configuration = configuration
        configuration.serverOptions.merge(settings) { $1 }
        return configuration
    }

    /// Makes sure that there is a log to append to. Throws if the database has it under another origin, or another key
    /// signs for it, or its keys were wrapped with another key-encryption key.
    package func createLog() async throws {
        try await reader.createLog(signer: configuration.signer)
        try await subjects.prepare()
    }

    /// Compares the log with its erasure ledger. Nil where that is not configured.
    package var restoreGate: RestoreGate? {
        configuration.ledger.map {
            RestoreGate(path: $0, reader: reader, keys: [configuration.signer.verifier])
        }
    }

    /// Puts what a restore has undone into the log again.
    package func restorer() -> Restorer? {
        guard let retention = configuration.retention, let driver = erasureDriver() else { return nil }
        var pace = Sweeper.Pace()
        // Nobody is served meanwhile.
        pace.pauseShare = 0
        return Restorer(
            reader: reader, ledger: ledger, erasures: erasures, driver: driver,
            sweeper: Sweeper(
                log: configuration.log, signer: configuration.signer, configuration: retention,
                clock: configuration.clock, pace: pace, logger: logger),
            vault: vault, staff: accessEnder(),
            tiles: TileBuilder(log: configuration.log, pool: projectorPool, signal: signal, logger: logger),
            clock: configuration.clock)
    }

    package func verifyDurability() async throws {
        try await gatewayPool.withConnection { try await DurabilityCheck.verify(on: $0) }
    }

    /// In the order of starting; stopped in the reverse order.
    package var services: [any Service] {
        let runners = ProjectionCatalog.all.map { projection in
            ProjectionRunner(
                projection, store: projections, reader: projectorReader, signal: signal, logger: logger)
        }
        // Stopped last, when nothing is appended any more.
        let followers: [any Service] =
            erasureLedger.map {
                [LedgerFollower(writer: $0, signal: signal, clock: configuration.clock, logger: logger)]
            } ?? []
        return followers + [
            writer, restrictions,
            RequestWatch(register: requests, clock: configuration.clock, logger: logger),
            PartitionKeeper(pool: gatewayPool, clock: configuration.clock, logger: logger),
            SettlementService(ledger: ledger, reader: reader, clock: configuration.clock, logger: logger),
            TileBuilder(log: configuration.log, pool: projectorPool, signal: signal, logger: logger),
            VerificationService(
                log: configuration.log, origin: reader.origin, pool: verificationPool, keys: subjectKeys,
                clock: configuration.clock, pace: configuration.verification, status: verification, logger: logger),
            TokenSweepService(vault: vault, clock: configuration.clock, logger: logger),
            UsageRollUp(reader: audit.reader, ledger: ledger, clock: configuration.clock, logger: logger),
            KeyRotationService(
                epochs: KeyEpochs(log: configuration.log, pool: gatewayPool), keys: configuration.keys,
                rotator: configuration.rotatesKeys ? keyRotator() : nil, clock: configuration.clock, logger: logger),
        ] + runners + sweepServices + accessServices + recorderServices
    }

    private var sweepServices: [any Service] {
        configuration.retention.map { retention in
            let sweeper = Sweeper(
                log: configuration.log, signer: configuration.signer, configuration: retention,
                clock: configuration.clock, logger: logger)
            let sweeps = SweepService(sweeper: sweeper, reader: reader, clock: configuration.clock, logger: logger)
            let erasures: [any Service] =
                erasureDriver().map { [ErasureService(driver: $0, reader: audit.reader, logger: logger)] } ?? []
            return [sweeps] + erasures
        } ?? []
    }

    private var accessServices: [any Service] {
        accessEnder().map { [StaffAccessService(ender: $0, logger: logger)] } ?? []
    }

    private var recorderServices: [any Service] {
        recorder().map { [RecorderService(recorder: $0, logger: logger)] } ?? []
    }

    /// Records what staff does. Nil where that is not configured.
    package func recorder() -> Recorder? {
        guard let log = configuration.recorder?.log, let recorderPool else { return nil }
        return Recorder(
            log, log: configuration.log, signer: configuration.signer, pool: recorderPool, keys: configuration.keys,
            clock: configuration.clock, signal: signal, logger: logger)
    }

    /// What was recorded of staff.
    package var recordings: StaffRecordings { StaffRecordings(reader: audit.reader) }

    /// What somebody did in a session, opened with the keys, one after the other; returns how many there were.
    package func replay(_ session: String, _ body: (StaffRecordings.Moment) throws -> Void) async throws -> Int {
        try await recordings.replay(session, keys: configuration.keys, pool: gatewayPool, body)
    }

    /// Ends accesses of staff. Nil where that is not configured.
    package func accessEnder() -> AccessEnder? {
        accessPool.map { pool in
            AccessEnder(
                database: StaffDatabase(log: configuration.log, pool: pool), ledger: staff, reader: audit.reader,
                clock: configuration.clock, logger: logger)
        }
    }

    /// Where the staff asks for access. Nil where that is not configured.
    package func accessDesk() -> AccessDesk? {
        accessPool.map { pool in
            AccessDesk(
                database: StaffDatabase(log: configuration.log, pool: pool), ledger: staff, keys: configuration.keys,
                clock: configuration.clock)
        }
    }

    /// Carries erasures on, with the role of retention. Nil where that is not configured.
    package func erasureDriver() -> ErasureDriver? {
        configuration.retention.map { retention in
            var driver = ErasureDriver(
                erasures: erasures, privacy: privacy, directory: subjects, holds: holds, vault: vault,
                eraser: Eraser(
                    log: configuration.log, signer: configuration.signer, configuration: retention,
                    clock: configuration.clock),
                callBacks: configuration.callBacks, clock: configuration.clock, logger: logger)
            if let erasureLedger {
                driver.isKeptOutside = { next in try await erasureLedger.write() >= next }
            }
            return driver
        }
    }

    /// Rotates the key-encryption key, with the role of retention. Nil where that is not configured.
    package func keyRotator() -> KeyRotator? {
        configuration.retention.map { retention in
            KeyRotator(
                log: configuration.log, reader: reader, ledger: ledger, configuration: retention,
                keys: configuration.keys)
        }
    }

    /// Returns when commands can be submitted.
    package func waitUntilOpen() async throws {
        while !writer.isOpen { try await Task.sleep(for: .milliseconds(10)) }
    }

    /// To be called when the services have ended.
    package func close() async {
        await gatewayPool.close()
        await publicPool.close()
        await projectorPool.close()
        await auditorPool.close()
        await tenantAuditPool.close()
        await verificationPool.close()
        await vaultPool.close()
        await accessPool?.close()
        await recorderPool?.close()
    }

    /// All projections, up to the present. For one-off runs.
    package func catchUp() async throws {
        for projection in ProjectionCatalog.all {
            try await ProjectionRunner(
                projection, store: projections, reader: projectorReader, signal: signal, logger: logger
            ).catchUp()
        }
    }
}
