package import EventStore

/// The closed registry: every type of event that this service writes, with its schema version and retention class.
///
/// A type is never removed and a schema version never changes its meaning: `Tests/BillingTests/Samples` holds a stored
/// sample of every (type, version) ever released, and a test reads each.
package enum EventCatalog {
    package static let granted = EventType("credit.granted", retention: .billing, category: "account")
    package static let held = EventType("credit.held", retention: .billing, category: "account")
    package static let holdVoided = EventType("credit.hold_voided", retention: .billing, category: "account")
    package static let holdExpired = EventType("credit.hold_expired", retention: .billing, category: "account")
    package static let debited = EventType("credit.debited", retention: .billing, category: "account")
    package static let refunded = EventType("credit.refunded", retention: .billing, category: "account")
    package static let grantExpired = EventType("credit.grant_expired", retention: .billing, category: "account")
    package static let checked = EventType("credit.checked", retention: .usage, category: "usage")
    package static let captureRecorded = EventType(
        "capture.recorded", retention: .capture, category: "capture", isSealed: true)
    package static let tenantRegistered = EventType("tenant.registered", retention: .account, category: "tenant")
    package static let subjectRegistered = EventType("subject.registered", retention: .account, category: "subject")

    /// What an account was when its oldest events went.
    package static let carried = EventType("credit.carried", retention: .billing, category: "carry")
    package static let policyAdopted = EventType("retention.policy_adopted", retention: .system, category: "policy")
    package static let holdPlaced = EventType("retention.hold_placed", retention: .system, category: "hold")
    package static let holdReleased = EventType("retention.hold_released", retention: .system, category: "hold")
    package static let swept = EventType("retention.swept", retention: .system, category: "sweep")

    package static let erasureBegun = EventType("erasure.begun", retention: .system, category: "erasure")
    package static let erasureReached = EventType("erasure.reached", retention: .system, category: "erasure")
    package static let erasureStoreAnswered = EventType(
        "erasure.store_answered", retention: .system, category: "erasure")
    /// Says nothing: see ``ErasureLedger/fillBundle(of:)``.
    package static let padded = EventType("log.padded", retention: .system, category: "padding")

    /// The database was restored from a backup: see ``LogRestored``.
    package static let restored = EventType("log.restored", retention: .system, category: "restoration")

    /// Epochs of the key-encryption key.
    package static let kekActivated = EventType("kek.activated", retention: .system, category: "kek")
    package static let kekRewrapped = EventType("kek.rewrapped", retention: .system, category: "kek")
    package static let kekRetired = EventType("kek.retired", retention: .system, category: "kek")

    /// The anonymous usage events.
    package static let usageCounted = EventType("usage.counted", retention: .system, category: "statistics")

    package static let auditRead = EventType("audit.read", retention: .access, category: "audit")

    /// Requests are kept as evidence that they were answered; what limits processing, as long as the person is known.
    package static let privacyRequested = EventType("privacy.requested", retention: .access, category: "privacy")
    package static let privacyFulfilled = EventType("privacy.fulfilled", retention: .access, category: "privacy")
    package static let privacyRefused = EventType("privacy.refused", retention: .access, category: "privacy")
    package static let processingRestricted = EventType(
        "privacy.restricted", retention: .account, category: "restriction")
    package static let restrictionLifted = EventType(
        "privacy.restriction_lifted", retention: .account, category: "restriction")

    package static let tokenStored = EventType("token.stored", retention: .access, category: "token")
    package static let tokenLeased = EventType("token.leased", retention: .access, category: "token")
    package static let tokenRefused = EventType("token.refused", retention: .access, category: "token")
    package static let tokenRotated = EventType("token.rotated", retention: .access, category: "token")
    package static let tokenConsentRequired = EventType(
        "token.consent_required", retention: .access, category: "token")
    package static let tokenDisconnected = EventType("token.disconnected", retention: .access, category: "token")
    package static let tokenExpired = EventType("token.expired", retention: .access, category: "token")
    /// Who may reach the database, and each time that somebody did.
    package static let staffEnrolled = EventType("staff.enrolled", retention: .access, category: "staff")
    package static let staffReplaced = EventType("staff.replaced", retention: .access, category: "staff")
    package static let staffRemoved = EventType("staff.removed", retention: .access, category: "staff")
    package static let staffLocked = EventType("staff.locked", retention: .access, category: "staff")
    package static let staffRoleRemoved = EventType("staff.role_removed", retention: .access, category: "staff")
    package static let accessRequested = EventType("access.requested", retention: .access, category: "staff")
    package static let accessGranted = EventType("access.granted", retention: .access, category: "staff")
    package static let accessDenied = EventType("access.denied", retention: .access, category: "staff")
    package static let accessOpened = EventType("access.opened", retention: .access, category: "staff")
    package static let accessRevoked = EventType("access.revoked", retention: .access, category: "staff")
    package static let accessEnded = EventType("access.ended", retention: .access, category: "staff")
    package static let accessReviewed = EventType("access.reviewed", retention: .access, category: "staff")

    /// What the server's own log says of what somebody did with such an access, and what does not fit together in it.
    package static let sessionOpened = EventType("staff.session.opened", retention: .access, category: "session")
    package static let sessionClosed = EventType("staff.session.closed", retention: .access, category: "session")
    package static let staffStatement = EventType("staff.statement", retention: .access, category: "session")
    package static let staffAlert = EventType("staff.alert", retention: .access, category: "alert")

    package static let all = [
        granted, held, holdVoided, holdExpired, debited, refunded, grantExpired, checked, captureRecorded,
        tenantRegistered, subjectRegistered, auditRead, carried, policyAdopted, holdPlaced, holdReleased, swept,
        usageCounted, erasureBegun, erasureReached, erasureStoreAnswered, padded, restored,
        kekActivated, kekRewrapped, kekRetired,
        privacyRequested, privacyFulfilled, privacyRefused, processingRestricted, restrictionLifted,
        tokenStored, tokenLeased, tokenRefused, tokenRotated, tokenConsentRequired, tokenDisconnected, tokenExpired,
        staffEnrolled, staffReplaced, staffRemoved, staffLocked, staffRoleRemoved, accessRequested, accessGranted,
        accessDenied, accessOpened, accessRevoked, accessEnded, accessReviewed,
        sessionOpened, sessionClosed, staffStatement, staffAlert,
    ]

    package static func type(named name: String) -> EventType? { typesByName[name] }

    /// The class of all events of a stream, by its category. Nil for a category that no type belongs to.
    package static func retention(ofCategory category: some StringProtocol) -> RetentionClass? {
        all.first { $0.category == category }?.retention
    }

    private static let typesByName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

    /// Rewrites payloads of older schema versions, a step at a time: from the version it is listed under to the next.
    /// Every type is at its first version so far.
    package static let upcasters: [Upcaster] = []
}
