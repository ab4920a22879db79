/// How many leases there may be, and how long what takes.
package struct VaultLimits: Sendable {
    /// The longest refresh token that is taken, in bytes.
    package static let maximumTokenBytes = 8_192
    package static let maximumScopes = 16
    package static let maximumScopeBytes = 200
    /// Of an answer of the identity provider: what it says beyond these, or of a longer one, is left out.
    package static let maximumAnswerScopes = 32
    /// The longest answer that is kept for others to share, sealed, in bytes: what the database takes.
    package static let maximumSharedBytes = 32_768
    package static let leaseSeconds: ClosedRange<Int64> = 1...3_600
    /// After the day of the last use.
    package static let unusedDays: Int64 = 90

    /// Of a person within a minute: more is no work of a person.
    package var unusualPerMinute: Int64 = 30
    /// Of a person, and of all people of a tenant, within an hour.
    package var personPerHour: Int64 = 120
    package var tenantPerHour: Int64 = 2_000

    /// For an answer of the identity provider, from the connection to its last byte.
    package var providerTimeout = Duration.seconds(10)
    /// Whoever asks the identity provider has that long, until another may: longer than ``providerTimeout`` and the
    /// commit after it.
    package var flightSeconds: Double = 30
    /// Those who ask within that time of an answer get the same one.
    package var shareSeconds: Double = 20
    /// How long a request waits for another one's answer.
    package var patience = Duration.seconds(20)

    /// At once, when tokens are destroyed: a person has one for each product, a tenant any number.
    package var disconnectBatch = 100
    /// Of those that were destroyed, so many are told of.
    package var maximumTold = 1_000

    package init() {}
}
