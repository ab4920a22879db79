import Billing
import EventStore
import Sealing

/// Finds out whether somebody is who they say: nobody gets anything here without a code that was never used before.
package struct FactorCheck: Sendable {
    /// What is taken for a proof.
    package enum Proof: Sendable {
        case code
        /// Or one of the codes for the day on which the factor is lost.
        case codeOrRecovery
        /// One of those alone.
        case recovery
    }

    let database: StaffDatabase
    let ledger: StaffLedger
    let keys: KeyEncryptionKeys
    let clock: WallClock

    /// Who sits there, if the code is theirs. It is used up by this, whatever comes after.
    ///
    /// - Throws: ``StaffError``. The attempt counts from before it is looked at, so that many at once are no way round.
    func prove(_ seat: Int, with code: String, as proof: Proof = .code) async throws -> StaffMember {
        guard let attempt = try await database.beginAttempt(seat) else { throw StaffError.emptySeat(seat) }
        guard let secret = attempt.secret else { throw StaffError.locked(seconds: attempt.lockedSeconds) }
        let isUsed: Bool?
        if proof != .code, let recovery = RecoveryCode(parsing: code) {
            isUsed = try await database.use(recovery, of: attempt.member) ? false : nil
        } else if proof != .recovery,
            let counter = try factor(attempt.member, secret).counter(of: code, at: clock.now())
        {
            isUsed = try await !database.use(step: counter, of: attempt.member)
        } else {
            isUsed = nil
        }
        if isUsed == false { return attempt.member }
        if attempt.isLocking {
            try await ledger.append(
                [.locked(seat: seat, member: attempt.member.id)], to: Streams.staffRoster, after: nil, by: nil)
        }
        throw isUsed == nil ? StaffError.wrongCode : StaffError.usedCode
    }

    private func factor(
        _ member: StaffMember, _ secret: (wrapped: WrappedKey, sealed: [UInt8])
    ) throws -> SecondFactor {
        let key = try MemberKey(
            unwrapping: secret.wrapped, with: keys, log: ledger.reader.origin, member: member.id,
            version: member.version)
        return SecondFactor(member, secret: try key.open(secret.sealed, as: .secret))
    }
}
