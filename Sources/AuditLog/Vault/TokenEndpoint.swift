import Foundation
import Outbound

/// Where the identity provider takes refresh tokens: an `https` URL without credentials, query or fragment, in which the
/// customer's tenant has its place.
package struct TokenEndpoint: Sendable, Hashable {
    package static let tenantPlaceholder = "{tenantid}"
    package static let entra = "https://login.microsoftonline.com/{tenantid}/oauth2/v2.0/token"

    private let template: String

    /// - Parameter development: `http` to this machine is taken as well.
    package init?(_ template: String, development: Bool) {
        let sample = template.replacing(Self.tenantPlaceholder, with: UUID().uuidString)
        guard OutboundAddress(sample, development: development) != nil else { return nil }
        self.template = template
    }

    func url(of tenant: UUID) -> String {
        template.replacing(Self.tenantPlaceholder, with: tenant.uuidString.lowercased())
    }
}
