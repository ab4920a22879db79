package import Billing
import CreditDomain
import Crypto
import EventStore
import Foundation
import Logging
import Metrics
import Sealing

extension TokenVault {
    /// Between two looks at a row that another request is busy with.
    private static let pollInterval = Duration.milliseconds(50)
    /// How often a row and the newest event are compared: one of them may change in between.
    private static let maximumLooks = 5

    /// Access for a person who has connected, for a purpose, for a while.
    ///
    /// The order: it is counted; the event `token.leased` is appended; the envelope is opened; the identity provider is
    /// asked; its new token is stored with `token.rotated`; the access token is given out.
    ///
    /// - Parameter limits: why the person's data may not be processed; empty if it may.
    package func lease(
        _ request: LeaseRequest, of subject: DataSubject, limitedBy grounds: [String], by requester: Requester
    ) async throws -> Lease {
        guard let provider else { throw VaultError.notConfigured }
        do {
            guard grounds.isEmpty else { throw Refused(.restricted, .restricted(grounds)) }
            if let excess = try await quota.count(subject, at: clock.now()) {
                throw Refused(excess.reason, .quota(retryAfterSeconds: excess.retryAfterSeconds))
            }
            let row = try await row(request, of: subject)
            guard Set(request.scopes).isSubset(of: row.scopes) else {
                throw Refused(.scopeNotGranted, .scopeNotGranted)
            }
            let leased = try await ledger.record(
                .leased(
                    row.token, request.purpose, scopes: request.scopes, seconds: request.seconds, agent: request.agent),
                of: request.product, of: subject, by: requester)
            let answer = try await answer(to: request, of: subject, from: provider, by: requester)
            Counter(label: "zentriq_vault_leases_total").increment()
            return answer.lease(request, at: leased.position, now: clock.now())
        } catch let refused as Refused {
            try await note(refused, request, of: subject, by: requester)
            throw refused.error
        }
    }

    /// Why there is no access, for the log and for whoever asked.
    struct Refused: Error {
        let reason: TokenRefusal.Reason
        let error: VaultError

        init(_ reason: TokenRefusal.Reason, _ error: VaultError) {
            self.reason = reason
            self.error = error
        }
    }

    private func note(
        _ refused: Refused, _ request: LeaseRequest, of subject: DataSubject, by requester: Requester
    ) async throws {
        Counter(label: "zentriq_vault_refusals_total", dimensions: [("reason", refused.reason.rawValue)]).increment()
        if refused.reason == .unusualRate || refused.reason == .rowMismatch {
            logger.error("access to a token was refused", metadata: ["reason": "\(refused.reason.rawValue)"])
        }
        _ = try await ledger.record(
            .refused(
                TokenRefusal(
                    product: request.product, purpose: request.purpose, reason: refused.reason, agent: request.agent)),
            of: request.product, of: subject, by: requester)
    }

    // MARK: The row

    private func row(_ request: LeaseRequest, of subject: DataSubject) async throws -> TokenRow {
        let row = try await store.row(of: request.product, of: subject, share: limits.shareSeconds)
        if let row { return row }
        guard case .consentRequired = try await ledger.state(of: request.product, of: subject) else {
            throw Refused(.notStored, .notStored)
        }
        throw Refused(.consentRequired, .consentRequired)
    }

    /// The same, if it is what the newest event tells of: an older row that somebody has put back is not.
    private func checkedRow(_ request: LeaseRequest, of subject: DataSubject) async throws -> TokenRow {
        for _ in 0..<Self.maximumLooks {
            guard let row = try await store.row(of: request.product, of: subject, share: limits.shareSeconds) else {
                throw Refused(.disconnectedMeanwhile, .notStored)
            }
            if row.matches(try await ledger.state(of: request.product, of: subject)) { return row }
            try await Task.sleep(for: Self.pollInterval)
        }
        throw Refused(.rowMismatch, .rowMismatch)
    }

    // MARK: One flight at a time

    /// The identity provider's answer: that of another request that asked for the same just now, or one of our own. Of
    /// all requests of all services, one at a time asks.
    private func answer(
        to request: LeaseRequest, of subject: DataSubject, from provider: IdentityProvider, by requester: Requester
    ) async throws -> SharedAnswer {
        let end = ContinuousClock.now + limits.patience
        while true {
            let (row, key) = try await openedRow(request, of: subject)
            if let shared = shared(row, key, request) { return shared }
            if !row.isBusy, let fence = try await store.takeFence(row, seconds: limits.flightSeconds) {
                let flight = Flight(
                    vault: self, provider: provider, request: request, row: row, key: key, fence: fence,
                    requester: requester)
                // The task is not loose: it is awaited here. It is not a child, because what the identity provider has
                // answered must be stored even if whoever asked has gone.
                return try await Task { try await flight.run() }.value
            }
            guard ContinuousClock.now < end else { throw Refused(.providerUnavailable, .providerUnavailable) }
            try await Task.sleep(for: Self.pollInterval)
        }
    }

    private func shared(_ row: TokenRow, _ key: TokenKey, _ request: LeaseRequest) -> SharedAnswer? {
        guard let sealed = row.answer, let bytes = try? key.open(sealed, as: .answer),
            let answer = SharedAnswer(bytes), Set(answer.asked) == Set(request.scopes),
            answer.expiresAt > clock.now().adding(seconds: 60)
        else { return nil }
        return answer
    }

    private func openedRow(_ request: LeaseRequest, of subject: DataSubject) async throws -> (TokenRow, TokenKey) {
        do {
            return try await keys.reading {
                let row = try await checkedRow(request, of: subject)
                return (row, try await TokenKey(unwrapping: row.wrapped, with: keys, for: row.place(log: origin)))
            }
        } catch let error as SealingError {
            // Nothing is wrong with the row.
            if case .unavailable = error { throw error }
            logger.critical("the key of a token can't be unwrapped", metadata: ["reason": "\(error)"])
            throw Refused(.rowMismatch, .rowMismatch)
        }
    }
}
