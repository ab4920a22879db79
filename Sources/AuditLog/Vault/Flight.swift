import Billing
import Crypto
import EventStore
import Foundation
import Logging
import Metrics
import Sealing

/// One question to the identity provider, by whoever has the fence of the row: from opening the envelope to storing the
/// next generation. Until that is committed, the generation before is there, and is sent again.
struct Flight: Sendable {
    /// How often storing is tried: what is lost here is lost for ever, and the provider may not take the one before any
    /// more.
    private static let storeAttempts = 8
    /// What has to be asked for, if it was granted, for a new refresh token to come with the answer.
    private static let offline = "offline_access"

    let vault: TokenVault
    let provider: IdentityProvider
    let request: LeaseRequest
    let row: TokenRow
    let key: TokenKey
    let fence: Int64
    let requester: Requester

    func run() async throws -> SharedAnswer {
        do {
            let answer = try await ask()
            let shared = SharedAnswer(answer, asked: request.scopes, now: vault.clock.now())
            try await store(answer, shared)
            return shared
        } catch {
            // Nobody has to wait for the end of our time.
            try? await vault.store.giveFenceBack(row, fence: fence)
            throw error
        }
    }

    private func ask() async throws -> ProviderAnswer {
        let token: SecretText
        do {
            token = SecretText(String(decoding: try key.open(row.envelope, as: .token), as: UTF8.self))
        } catch {
            vault.logger.critical("a token can't be opened", metadata: ["reason": "\(error)"])
            throw TokenVault.Refused(.rowMismatch, .rowMismatch)
        }
        let scopes = request.scopes + (row.scopes.contains(Self.offline) ? [Self.offline] : [])
        do {
            return try await provider.refresh(
                token, scopes: Array(Set(scopes)).sorted(), of: row.subject.tenant,
                timeout: vault.limits.providerTimeout)
        } catch {
            throw try await refusal(error)
        }
    }

    private func refusal(_ failure: ProviderFailure) async throws -> TokenVault.Refused {
        vault.logger.warning("the identity provider gave no token", metadata: ["reason": "\(failure)"])
        Counter(label: "zentriq_vault_provider_failures_total").increment()
        switch failure {
        case .lost: return TokenVault.Refused(.providerUnavailable, .providerUnavailable)
        case .refused: return TokenVault.Refused(.providerRefused, .providerRefused)
        case .ended:
            let ended = try await vault.end(row.token.product, of: row.subject, by: requester) { current in
                current.token == row.token && current.fence == fence ? .consentRequired(row.token) : nil
            }
            // If another request has come first meanwhile, it is its token that counts.
            guard ended != nil else { return TokenVault.Refused(.providerUnavailable, .providerUnavailable) }
            return TokenVault.Refused(.consentRequired, .consentRequired)
        }
    }

    // MARK: Storing

    private func store(_ answer: ProviderAnswer, _ shared: SharedAnswer) async throws {
        let next = row.token.next
        let nextKey = TokenKey(for: next.place(log: vault.origin, of: row.subject))
        let envelope =
            if let token = answer.refreshToken {
                nextKey.seal(Array(token.reveal().utf8), as: .token)
            } else {
                // The one that was sent goes on.
                nextKey.seal(try key.open(row.envelope, as: .token), as: .token)
            }
        let rotated = TokenEvent.rotated(next, envelope: Array(SHA256.hash(data: envelope)))
        // One too long to be kept is for us alone; the token is stored all the same.
        let sealed = nextKey.seal(shared.bytes, as: .answer)
        let sharedAnswer = sealed.count <= VaultLimits.maximumSharedBytes ? sealed : nil
        for attempt in 1... {
            do {
                let isStored = try await vault.epochs.wrapping(with: vault.keys) {
                    let wrapped = try await nextKey.wrapped(by: vault.keys)
                    return try await vault.joined.run(of: row.subject.tenant) { transaction in
                        let isReplaced = try await vault.store.replace(
                            row, fence: fence, with: wrapped, envelope: envelope, answer: sharedAnswer,
                            at: vault.clock.now(), in: transaction)
                        guard isReplaced else {
                            // An earlier attempt may have been committed after all.
                            let current = try await vault.store.lock(
                                row.token.product, of: row.subject, in: transaction)
                            return current?.token == next && current?.envelope == envelope
                        }
                        _ = try await vault.ledger.append(
                            [rotated], of: row.token.product, of: row.subject, by: requester, in: &transaction)
                        return true
                    }
                }
                guard isStored else { throw TokenVault.Refused(.disconnectedMeanwhile, .notStored) }
                return
            } catch let refused as TokenVault.Refused {
                throw refused
            } catch  where attempt < Self.storeAttempts {
                vault.logger.error("a renewed token could not be stored yet", metadata: ["error": "\(error)"])
                try await Task.sleep(for: .milliseconds(50 << attempt))
            }
        }
    }
}
