import HTTPTypes

/// What every answer says to browsers, although none is expected here: do nothing with this but read it.
struct SecurityHeaders: Sendable {
    private let fields: [HTTPField]

    /// - Parameter strictTransport: true where the listener speaks TLS; browsers ignore the header elsewhere.
    init(strictTransport: Bool) {
        var fields = [
            HTTPField(name: .xContentTypeOptions, value: "nosniff"),
            HTTPField(name: .contentSecurityPolicy, value: "default-src 'none'; frame-ancestors 'none'"),
            HTTPField(name: .referrerPolicy, value: "no-referrer"),
            HTTPField(name: .crossOriginResourcePolicy, value: "same-origin"),
        ]
        if strictTransport {
            fields.append(HTTPField(name: .strictTransportSecurity, value: "max-age=63072000; includeSubDomains"))
        }
        self.fields = fields
    }

    /// Adds each header that the handler has not set itself, and forbids caching unless the handler allowed it.
    func apply(to headers: inout HTTPFields) {
        headers.reserveCapacity(headers.count + fields.count + 3)
        for field in fields where !headers.contains(field.name) {
            headers.append(field)
        }
        if !headers.contains(.cacheControl) {
            headers.append(HTTPField(name: .cacheControl, value: "no-store"))
        }
    }
}
