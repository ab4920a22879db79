import CreditDomain
import Edge
import EventStore
import Foundation
import HTTPTypes
import Hummingbird
import TransparencyLog

/// Receipts, to be kept by whoever wants to prove later, without the service, what the log holds.
struct ReceiptRoutes {
    let admission: Admission

    func add(to router: Router<GatewayContext>) {
        router.get("v1/receipts/{position}", use: receipt)
    }

    @Sendable func receipt(_ request: Request, _ context: GatewayContext) async throws -> Response {
        try await admission.serve(request, context) { admitted in
            var query = QueryReader(request)
            let (tenant, products) = try Self.reader(admitted.caller, &query)
            let isWitnessed = query.optionalBoolean("witnessed") ?? false
            try query.finish()
            guard let tenant else { throw ProblemDetails(.validation) }
            let position = try Self.position(in: context)
            guard
                let receipt = try await admission.receipts.receipt(
                    at: position, of: tenant, isWitnessed: isWitnessed,
                    where: { stream in
                        products?.contains { stream.belongs(to: $0) } ?? true
                    })
            else {
                throw ProblemDetails(
                    .notFound,
                    detail: isWitnessed
                        ? "There is no such event of yours that a witness has seen yet."
                        : "There is no such event of yours.")
            }
            return Response(
                status: .ok, headers: [.contentType: "text/plain; charset=utf-8"],
                body: .init(byteBuffer: ByteBuffer(bytes: receipt.encoded())))
        }
    }

    /// Whose events, and, for a user, of which products.
    private static func reader(
        _ caller: Caller, _ query: inout QueryReader
    ) throws(ProblemDetails) -> (TenantID?, Set<Product>?) {
        switch caller {
        case .user:
            let user = try caller.user(with: .credits)
            return (user.tenant, user.products)
        case .application:
            _ = try caller.application(with: .auditor)
            return (query.uuid("tenant_id").flatMap(UUID.init(text:)).map(TenantID.init), nil)
        }
    }

    /// Each position has one spelling. Anything else is nothing that could exist.
    private static func position(in context: GatewayContext) throws(ProblemDetails) -> LogPosition {
        guard let text = context.parameters.get("position"), let number = Int64(text), number >= 0,
            String(number) == text
        else { throw ProblemDetails(.notFound, detail: "The position in the path must be a whole number.") }
        return LogPosition(number)
    }
}

extension StreamID {
    /// Whether it is one of the streams of a product's account.
    fileprivate func belongs(to product: Product) -> Bool {
        ["account", "usage", "capture"].contains { name == "\($0)-\(product.rawValue)" }
    }
}
