package import Foundation

/// Where one generation of a stored token belongs: sealed there, it opens nowhere else.
package struct TokenPlace: Sendable, Hashable {
    package static let maximumProductBytes = 255

    /// Of the log; the tenant; the person's handle.
    package let log: String
    package let tenant: UUID
    package let subject: UUID
    package let product: String
    /// Another one whenever the person connects anew.
    package let record: UUID
    /// 1, 2, 3…: the token as the identity provider gave it last.
    package let generation: Int64

    /// - Parameter product: at most 255 bytes.
    package init(log: String, tenant: UUID, subject: UUID, product: String, record: UUID, generation: Int64) {
        precondition(product.utf8.count <= Self.maximumProductBytes && generation > 0, "there is no such place")
        self.log = log
        self.tenant = tenant
        self.subject = subject
        self.product = product
        self.record = record
        self.generation = generation
    }

    package var next: TokenPlace {
        TokenPlace(
            log: log, tenant: tenant, subject: subject, product: product, record: record, generation: generation + 1)
    }

    func associatedData(_ format: StaticString) -> AssociatedData {
        var data = AssociatedData(format, log: log)
        data.append(tenant)
        data.append(subject)
        data.append(record)
        data.append(generation)
        data.append(product)
        return data
    }
}
