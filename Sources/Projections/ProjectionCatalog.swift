/// All projections that exist.
package enum ProjectionCatalog {
    package static let all: [any Projection] = [
        CaptureHistoryProjection(), CreditStatementProjection(), PrivacyRequestsProjection(),
    ]

    package static func named(_ name: String) -> (any Projection)? {
        all.first { $0.name == name }
    }
}
