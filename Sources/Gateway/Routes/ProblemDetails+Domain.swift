import AuditLog
import Billing
import CanonicalJSON
import CreditDomain
import Edge
import EventStore
import HTTPTypes
import Postgres
import Projections
import Sealing

extension ProblemDetails {
    /// The one place where errors of the modules below become answers.
    init(domain error: any Error) {
        switch error {
        case let problem as ProblemDetails: self = problem
        case let error as CreditError: self.init(credit: error)
        case let error as BillingError: self.init(billing: error)
        case let error as PrivacyError: self.init(privacy: error)
        case let error as VaultError: self.init(vault: error)
        case let error as LogError: self.init(log: error)
        case let error as HistoryError:
            self.init(.gone, detail: "The account's events before that moment are gone.")
            if case .gone(let position) = error {
                extensions = ["through_position": .string(String(position.rawValue))]
            }
        case is PostgresError:
            self.init(.unavailable, detail: "The database does not answer.", headers: [.retryAfter: "1"])
        case SealingError.unavailable:
            self.init(.unavailable, detail: "What keeps the keys does not answer.", headers: [.retryAfter: "1"])
        default: self.init(error: error)
        }
    }

    private init(credit error: CreditError) {
        switch error {
        case .insufficientCredits(let available):
            self.init(
                .insufficientCredits, detail: "The account does not have enough credits.",
                extensions: ["available": .string(String(available.rawValue))])
        case .unknownHold: self.init(.conflict, detail: "There is no such hold, or it has ended.")
        case .holdTooSmall: self.init(.conflict, detail: "The hold is smaller than the debit.")
        case .holdExists: self.init(.conflict, detail: "The hold exists already.")
        case .duplicateReference:
            self.init(.conflict, detail: "The account has a grant with this reference already.")
        case .alreadyRefunded: self.init(.conflict, detail: "The debit was given back already.")
        case .unknownDebit: self.init(.notFound, detail: "There is no such debit.")
        case .tooManyGrants: self.init(.conflict, detail: "The account has as many grants as it may have.")
        case .tooManyHolds: self.init(.conflict, detail: "The account has as many open holds as it may have.")
        case .unitsOutOfRange: self.init(field: "units", "is out of range")
        case .timeToLiveOutOfRange: self.init(field: "ttl_seconds", "is out of range")
        case .referenceLengthOutOfRange: self.init(field: "reference", "must have 1 to 255 bytes")
        case .identifierLengthOutOfRange: self.init(.validation, detail: "An identifier is too long.")
        case .expiryNotInFuture: self.init(field: "expires_at", "must be in the future")
        case .expiryBeforeEffective: self.init(field: "expires_at", "must be after effective_at")
        case .overflow: self.init(.validation, detail: "The account can't hold that many credits.")
        case .impossibleEvent, .corruptState: self.init(.internal)
        }
    }

    private init(billing error: BillingError) {
        switch error {
        case .capturedAtOutOfRange:
            self.init(field: "captured_at", "must be within the last 24 hours, and not in the future")
        case .unknownDebit: self.init(.notFound, detail: "There is no debit of such a capture.")
        }
    }

    private init(privacy error: PrivacyError) {
        switch error {
        case .unknownSubject: self.init(.notFound, detail: "The tenant has no such person.")
        case .unknownTenant: self.init(.notFound, detail: "There is no such tenant.")
        case .unknownRequest: self.init(.notFound, detail: "The person has no such request.")
        case .closedOtherwise: self.init(.conflict, detail: "The request has ended in another way.")
        case .tooManyOpenRequests: self.init(.conflict, detail: "The person has as many open requests as may be.")
        case .receivedAtOutOfRange:
            self.init(field: "received_at", "must be within the last 366 days, and not in the future")
        case .overtaken:
            self.init(.unavailable, detail: "Nothing was recorded. Try again.", headers: [.retryAfter: "1"])
        }
    }

    private init(vault error: VaultError) {
        switch error {
        case .notConfigured:
            self.init(
                .unavailable, detail: "No identity provider is configured for tokens.", headers: [.retryAfter: "60"])
        case .notStored: self.init(.tokenNotStored, detail: "The person has not connected, or has disconnected.")
        case .consentRequired:
            self.init(.consentRequired, detail: "The identity provider takes the token no more.")
        case .scopeNotGranted: self.init(field: "scope", "must be of those that the token was stored with")
        case .quota(let seconds):
            self.init(
                .rateLimited, detail: "There were too many leases.", headers: [.retryAfter: String(seconds)])
        case .restricted(let grounds): self.init(restrictedBy: grounds)
        case .providerUnavailable:
            self.init(
                .identityProviderUnavailable, detail: "The identity provider gives no answer at present.",
                headers: [.retryAfter: "5"])
        case .providerRefused:
            self.init(.conflict, detail: "The identity provider refuses what was asked for.")
        case .rowMismatch: self.init(.internal)
        }
    }

    private init(log error: LogError) {
        switch error {
        case .overloaded(let seconds):
            self.init(.overloaded, detail: "Too many requests wait.", headers: [.retryAfter: String(seconds)])
        case .unavailable, .stopped:
            self.init(
                .unavailable, detail: "Nothing was recorded. Try again.", headers: [.retryAfter: "1"])
        case .outcomeUnknown:
            self.init(
                .unavailable, detail: "It is not known yet whether this was recorded. Repeat it with the same key.",
                headers: [.retryAfter: "1"])
        case .keyReused:
            self.init(.idempotencyKeyReused, detail: "The key was used before, for another request.")
        case .corrupt, .notDurable, .otherSigner, .foreignHead, .notSealable: self.init(.internal)
        }
    }

    private init(field: String, _ detail: String) {
        self.init(.validation, errors: [FieldError(pointer: "/\(field)", detail: detail)])
    }
}
