import Foundation

/// Where somebody else is asked: an `https` URL without credentials, query or fragment.
package struct OutboundAddress: Sendable, Hashable {
    package static let maximumByteCount = 2_048
    private static let loopback: Set<String> = ["127.0.0.1", "localhost", "::1"]

    package let url: String

    /// - Parameter development: `http` to this machine is taken as well.
    package init?(_ text: String, development: Bool) {
        guard text.utf8.count <= Self.maximumByteCount, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
            let url = URL(string: text), let host = url.host(), !host.isEmpty, url.user() == nil,
            url.password() == nil, url.query() == nil, url.fragment() == nil,
            url.scheme == "https" || (development && url.scheme == "http" && Self.loopback.contains(host))
        else { return nil }
        self.url = text
    }
}
