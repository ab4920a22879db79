package import Billing
package import EventStore
package import Foundation
package import Logging
import Postgres
import Retention

/// Carries an erasure on, from whatever it has come to, as far as it goes for now. Any number of processes may, and each
/// may die at any point: what is done is recorded after it was done, and may be done twice.
package struct ErasureDriver: Sendable {
    let erasures: ErasureLedger
    let privacy: PrivacyLedger
    let directory: SubjectDirectory
    let holds: HoldRegister
    let vault: TokenVault
    let eraser: Eraser
    /// What is asked of others; each is one of the stores of a request, or cancels a tenant's subscription.
    package var callBacks: [CallBack]
    /// What stores have answered before, by name: these are not asked again.
    package var knownReceipts: [String: [UInt8]] = [:]
    /// Whether everything before a position is written down outside of the database, where a restore does not undo it. No
    /// erasure is complete before. Nil where nothing is kept outside.
    package var isKeptOutside: (@Sendable (LogPosition) async throws -> Bool)?
    /// How long events may wait for the log to grow until their entries are kept.
    package var patienceSeconds: Int64
    /// Long enough that a log at work fills its bundle itself, and that erasures asked for at about the same time share
    /// one padding, of at most 255 events; short enough that whoever asked sees it done while they wait.
    package static let patienceSeconds: Int64 = 300
    let clock: WallClock
    let logger: Logger

    package init(
        erasures: ErasureLedger, privacy: PrivacyLedger, directory: SubjectDirectory, holds: HoldRegister,
        vault: TokenVault, eraser: Eraser, callBacks: [CallBack], patienceSeconds: Int64 = Self.patienceSeconds,
        clock: WallClock, logger: Logger
    ) {
        self.erasures = erasures
        self.privacy = privacy
        self.directory = directory
        self.holds = holds
        self.vault = vault
        self.eraser = eraser
        self.callBacks = callBacks
        self.patienceSeconds = patienceSeconds
        self.clock = clock
        self.logger = logger
    }

    /// The stores that have to be asked, by name.
    package static func stores(_ callBacks: [CallBack]) -> [String] {
        callBacks.filter { $0.action == .erase }.map(\.name).sorted()
    }

    /// Begins what a person has asked for, where whoever was asked has died before. Done again, it changes nothing.
    package func begin(_ person: DataSubject) async throws {
        _ = try await erasures.begin(
            person.tenant, person.handle, stores: Self.stores(callBacks), idempotencyKey: "",
            by: Requester(actor: nil, request: nil))
    }

    /// - Parameter last: the stage to stop at.
    /// - Returns: how far it is. Nil if there is no such erasure.
    package func advance(_ request: UUID, upTo last: ErasureStage = .certified) async throws -> RecordedErasure? {
        while true {
            guard let erasure = try await erasures.erasure(request) else { return nil }
            if let stage = erasure.process.stage, stage >= last { return erasure }
            var hasAdvanced = false
            for effect in erasure.process.next(isHeld: try await isHeld(erasure)) {
                let events = erasure.process.decide(effect, try await carryOut(effect, of: erasure))
                guard !events.isEmpty else { continue }
                hasAdvanced = true
                // One at a time: what another process has recorded meanwhile is read first.
                _ = try await erasures.record(events, of: erasure)
                break
            }
            if !hasAdvanced { return erasure }
        }
    }

    private func isHeld(_ erasure: RecordedErasure) async throws -> Bool {
        let now = clock.now()
        return try await holds.all().entries.contains { entry in
            entry.isInForce(at: now) && entry.hold.scope.mayCover(erasure.begun)
        }
    }

    // MARK: Effects

    /// Does what is to be done next. Done again, it changes nothing.
    package func carryOut(_ effect: ErasureEffect, of erasure: RecordedErasure) async throws -> ErasureResult {
        switch effect {
        case .freeze: try await freeze(erasure)
        case .cancelSubscription: try await cancel(erasure)
        case .destroyTokens: try await destroyTokens(erasure)
        case .deleteCaptures: try await erase(.capture, of: erasure)
        case .callBack(let store): try await callBack(store, erasure)
        case .destroyKeysAndMapping: try await destroyKeys(erasure)
        case .certify: try await certify(erasure)
        }
    }

    private func freeze(_ erasure: RecordedErasure) async throws -> ErasureResult {
        for person in try await people(erasure) {
            do {
                _ = try await privacy.change(
                    .impose, .erasure, of: DataSubject(erasure.begun.tenant, person), isAsked: false,
                    by: Requester(actor: nil, request: nil))
            } catch PrivacyError.unknownSubject {
                // A key was made for them, and nothing ever came of it.
            }
        }
        return .done
    }

    /// A subscription is a tenant's: that one of its people goes does not end it.
    private func cancel(_ erasure: RecordedErasure) async throws -> ErasureResult {
        guard erasure.begun.subject == nil else { return .done }
        for callBack in callBacks where callBack.action == .cancelSubscription {
            guard await ask(callBack, erasure, object: nil) != nil else { return .failed }
        }
        return .done
    }

    private func destroyTokens(_ erasure: RecordedErasure) async throws -> ErasureResult {
        try await vault.erase(erasure.begun.tenant, try await people(erasure))
        return .done
    }

    private func callBack(_ store: String, _ erasure: RecordedErasure) async throws -> ErasureResult {
        if let receipt = knownReceipts[store] { return .answered(receipt: receipt) }
        guard let callBack = callBacks.first(where: { $0.action == .erase && $0.name == store }) else {
            logger.error("a store that must be called back is not configured", metadata: ["store": "\(store)"])
            return .failed
        }
        var object: UUID?
        if let subject = erasure.begun.subject {
            object = try await directory.person(behind: subject, in: erasure.begun.tenant)?.object
            guard object != nil else {
                logger.error(
                    "an erasure can't go on: who the person is was destroyed before a store was called back",
                    metadata: ["request": "\(erasure.begun.request.lowercaseText)", "store": "\(store)"])
                return .failed
            }
        }
        return await ask(callBack, erasure, object: object).map { .answered(receipt: $0.sha256) } ?? .failed
    }

    private func ask(_ callBack: CallBack, _ erasure: RecordedErasure, object: UUID?) async -> CallBackReceipt? {
        do throws(CallBackFailure) {
            return try await callBack.ask(
                CallBackRequest(id: erasure.begun.request, tenant: erasure.begun.tenant, object: object))
        } catch {
            logger.warning(
                "a call-back of an erasure failed, it will be tried again",
                metadata: ["store": "\(callBack.name)", "reason": "\(error)"])
            return nil
        }
    }

    private func erase(_ retention: RetentionClass, of erasure: RecordedErasure) async throws -> ErasureResult {
        let remaining = try await connected { connection in
            while try await eraser.eraseRequested(at: erasure.position, of: retention, on: connection) != nil {}
            return try await eraser.remaining(at: erasure.position, of: retention, on: connection)
        }
        if remaining.uncovered > 0, erasure.recordedAt.adding(seconds: patienceSeconds) <= clock.now() {
            try await erasures.fillBundle()
        }
        return remaining.isEmpty ? .done : .failed
    }

    /// After the keys nothing can be appended any more that is sealed; what came in since the captures went goes now.
    private func destroyKeys(_ erasure: RecordedErasure) async throws -> ErasureResult {
        let people = try await people(erasure)
        if erasure.begun.subject == nil, try await isAwaited(people, by: erasure) { return .failed }
        let areGone = try await connected { connection in
            for person in people {
                guard try await eraser.destroyKey(of: person, at: erasure.position, on: connection) else {
                    return false
                }
            }
            return true
        }
        // A hold has come since it was looked for.
        guard areGone else { return .failed }
        for retention in RetentionClass.personal {
            guard case .done = try await erase(retention, of: erasure) else { return .failed }
        }
        return .done
    }

    /// Whether one of the tenant's people has an erasure of their own that is to tell stores who they are: the keys that
    /// tell it stay until it has.
    private func isAwaited(_ people: [ActorHandle], by erasure: RecordedErasure) async throws -> Bool {
        for person in people {
            guard let own = try await erasures.erasure(of: DataSubject(erasure.begun.tenant, person)),
                (own.process.stage ?? .frozen) < .storesCalledBack
            else { continue }
            logger.warning(
                "the erasure of a tenant waits for the one of a person",
                metadata: [
                    "request": "\(erasure.begun.request.lowercaseText)",
                    "awaits": "\(own.begun.request.lowercaseText)",
                ])
            return true
        }
        return false
    }

    private func certify(_ erasure: RecordedErasure) async throws -> ErasureResult {
        // What a restore would undo is not complete.
        let next = LogPosition(erasure.newest.rawValue + 1)
        guard try await isKeptOutside?(next) ?? true else { return .failed }
        if let subject = erasure.begun.subject {
            let person = DataSubject(erasure.begun.tenant, subject)
            for entry in try await privacy.record(of: person).record.entries.values
            where entry.request.kind == .erasure && entry.closing == nil {
                _ = try await privacy.close(
                    entry.request.id, as: .fulfilled, of: person, by: Requester(actor: nil, request: nil))
            }
        }
        logger.info("an erasure is complete", metadata: ["request": "\(erasure.begun.request.lowercaseText)"])
        return .done
    }

    // MARK: People

    private func people(_ erasure: RecordedErasure) async throws -> [ActorHandle] {
        if let subject = erasure.begun.subject { return [subject] }
        return try await connected { try await eraser.people(of: erasure.begun.tenant, on: $0) }
    }

    private func connected<Value: Sendable>(
        _ body: (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        let connection = try await eraser.connect()
        let result: Result<Value, any Error>
        do { result = .success(try await body(connection)) } catch { result = .failure(error) }
        await connection.close()
        return try result.get()
    }
}

extension LegalHold.Scope {
    /// Whether anything that an erasure would destroy may be covered.
    fileprivate func mayCover(_ begun: ErasureBegun) -> Bool {
        (tenant == nil || tenant == begun.tenant)
            && (subject == nil || begun.subject == nil || subject == begun.subject)
            && (retention.map { RetentionClass.personal.contains($0) } ?? true)
    }
}
