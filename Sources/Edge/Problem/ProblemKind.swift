package import HTTPTypes

/// Every kind of refusal the service can answer with, in one place: its name in the problem type's URI, its status and
/// its title. A kind once released keeps its name for ever, because clients decide by it.
package enum ProblemKind: String, CaseIterable, Sendable {
    case malformedRequest = "malformed-request"
    case malformedJSON = "malformed-json"
    case idempotencyKeyRequired = "idempotency-key-required"
    case idempotencyKeyInvalid = "idempotency-key-invalid"
    case unauthorized
    case reauthenticationRequired = "reauthentication-required"
    case insufficientCredits = "insufficient-credits"
    case forbidden
    case productNotEntitled = "product-not-entitled"
    case processingRestricted = "processing-restricted"
    case notFound = "not-found"
    case methodNotAllowed = "method-not-allowed"
    case notAcceptable = "not-acceptable"
    case conflict
    case gone
    case exportExpired = "export-expired"
    case preconditionFailed = "precondition-failed"
    case payloadTooLarge = "payload-too-large"
    case unsupportedMediaType = "unsupported-media-type"
    case expectationFailed = "expectation-failed"
    case validation
    case idempotencyKeyReused = "idempotency-key-reused"
    case rateLimited = "rate-limited"
    case headerTooLarge = "header-too-large"
    case `internal`
    case overloaded
    case unavailable
    case tokenNotStored = "token-not-stored"
    case consentRequired = "consent-required"
    case identityProviderUnavailable = "identity-provider-unavailable"

    /// What RFC 9457 calls the type: a stable URI that also is the address of the kind's documentation.
    package var type: String { "https://zentriqsoftware.com/problems/\(rawValue)" }

    package var status: HTTPResponse.Status { definition.status }

    /// A summary that is the same for every occurrence.
    package var title: String { definition.title }

    /// The kind that tells no more than a bare status does; `internal` where no kind has the status.
    package init(status: HTTPResponse.Status) {
        let kind: ProblemKind? =
            switch status.code {
            case 400: .malformedRequest
            case 403: .forbidden
            case 422: .validation
            case 503: .unavailable
            default: Self.allCases.first { $0.status.code == status.code }
            }
        self = kind ?? (status.kind == .clientError ? .malformedRequest : .internal)
    }

    private var definition: (status: HTTPResponse.Status, title: String) {
        switch self {
        case .malformedRequest: (.badRequest, "The request is not valid HTTP for this service")
        case .malformedJSON: (.badRequest, "The body is not valid JSON")
        case .idempotencyKeyRequired: (.badRequest, "An Idempotency-Key header is required")
        case .idempotencyKeyInvalid: (.badRequest, "The Idempotency-Key header is not valid")
        case .unauthorized: (.unauthorized, "Authentication is required")
        case .reauthenticationRequired: (.unauthorized, "A recent sign-in is required")
        case .insufficientCredits: (Self.paymentRequired, "The account has not enough credits")
        case .forbidden: (.forbidden, "The caller may not do this")
        case .productNotEntitled: (.forbidden, "The account is not entitled to this product")
        case .processingRestricted: (.forbidden, "The person's data is stored, and not processed")
        case .notFound: (.notFound, "There is nothing here")
        case .methodNotAllowed: (.methodNotAllowed, "The resource does not support this method")
        case .notAcceptable: (.notAcceptable, "No acceptable representation exists")
        case .conflict: (.conflict, "The request conflicts with the current state")
        case .gone: (.gone, "The resource no longer exists")
        case .exportExpired: (.gone, "The export can no longer be fetched")
        case .preconditionFailed: (.preconditionFailed, "A precondition of the request does not hold")
        case .payloadTooLarge: (.contentTooLarge, "The body is too large")
        case .unsupportedMediaType: (.unsupportedMediaType, "The body's media type is not supported")
        case .expectationFailed: (.expectationFailed, "The expectation cannot be met")
        case .validation: (.unprocessableContent, "The request does not validate")
        case .idempotencyKeyReused: (.unprocessableContent, "The idempotency key was used for another request")
        case .rateLimited: (.tooManyRequests, "Too many requests")
        case .headerTooLarge: (.requestHeaderFieldsTooLarge, "The request's header is too large")
        case .internal: (.internalServerError, "An internal error occurred")
        case .overloaded: (.serviceUnavailable, "The service is overloaded")
        case .unavailable: (.serviceUnavailable, "The service is not available at the moment")
        case .tokenNotStored: (.notFound, "No token of the person is stored")
        case .consentRequired: (.conflict, "The person has to connect anew")
        case .identityProviderUnavailable: (.serviceUnavailable, "The identity provider is not available at the moment")
        }
    }

    /// HTTPTypes names no constant for it.
    private static let paymentRequired = HTTPResponse.Status(code: 402, reasonPhrase: "Payment Required")
}
