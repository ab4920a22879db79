/// What the newest event says that changed a token: the row is to be that, or it is not used.
package enum TokenState: Sendable, Hashable {
    /// Never stored; or so long ago that the event is gone.
    case none
    /// - Parameter envelope: SHA-256 of it.
    case stored(TokenReference, envelope: [UInt8])
    case consentRequired
    /// Disconnected, or expired.
    case ended

    /// Nil for events that change nothing.
    init?(_ event: TokenEvent) {
        switch event {
        case .stored(let token, let envelope, _, _), .rotated(let token, let envelope):
            self = .stored(token, envelope: envelope)
        case .consentRequired: self = .consentRequired
        case .disconnected, .expired: self = .ended
        case .leased, .refused: return nil
        }
    }
}
