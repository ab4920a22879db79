package import HTTPTypes

// Unwrapping cannot fail: each literal is a token of RFC 9110, and a test reads every one of them.
extension HTTPField.Name {
    package static let requestID = Self("X-Request-ID")!
    package static let idempotencyKey = Self("Idempotency-Key")!
    package static let rateLimit = Self("RateLimit")!
    package static let rateLimitPolicy = Self("RateLimit-Policy")!
    static let referrerPolicy = Self("Referrer-Policy")!
}
