package import HTTPTypes

/// The name of one exchange in logs, problem documents and events.
///
/// A client may choose it by `X-Request-ID`, but only as a UUID: free text would carry personal data into events.
package enum RequestIdentifier {
    /// The header's UUID in lower case, or a fresh random one when there is none, several, or anything else.
    package static func resolve(_ headers: HTTPFields) -> String {
        headers[.requestID].flatMap(CanonicalUUID.lowercased) ?? CanonicalUUID.random()
    }
}
