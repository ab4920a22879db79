/// Something to be done outside of the log. May be done again after a crash: whoever carries it out must make sure that a
/// second time changes nothing.
package enum ErasureEffect: Sendable, Hashable {
    case freeze
    case cancelSubscription
    case destroyTokens
    case deleteCaptures
    case callBack(store: String)
    case destroyKeysAndMapping
    /// - Parameter receipts: of the stores, by name.
    case certify(receipts: [String: [UInt8]])
}

/// What came of an effect.
package enum ErasureResult: Sendable, Hashable {
    case done
    /// - Parameter receipt: SHA-256 of what the store has signed.
    case answered(receipt: [UInt8])
    /// It is not known whether it was done: to be tried again.
    case failed
}
