package import CreditDomain
package import Foundation

/// One generation of one record of a stored token, as events name it. Says nothing of the token.
package struct TokenReference: Sendable, Hashable {
    package let product: Product
    /// Another one whenever the person connects anew.
    package let record: UUID
    /// 1, 2, 3…: each is the token as the identity provider gave it last.
    package let generation: Int64

    package init(product: Product, record: UUID, generation: Int64) {
        self.product = product
        self.record = record
        self.generation = generation
    }

    package var next: TokenReference {
        TokenReference(product: product, record: record, generation: generation + 1)
    }
}
