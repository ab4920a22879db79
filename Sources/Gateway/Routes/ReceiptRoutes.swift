import Billing
import CreditDomain
import Edge
import EventStore
import Foundation
import HTTPTypes
import Hummingbird
import TransparencyLog

/// Receipts, to be kept by whoever wants to prove later, without the service, what the log holds. That an auditor has
/// read one is in the log before they get it.
struct ReceiptRoutes {
    let admission: Admission
    let ledger: CreditLedger

    func add(to router: Router<GatewayContext>) {
        router.get("v1/receipts/{position}", use: receipt)
    }

    @Sendable func receipt(_ request: Request, _ context: GatewayContext) async throws -> Response {
        try await admission.serve(request, context) { admitted in
            var query = QueryReader(request)
            let reader = try Reader(admitted.caller, &query)
            let isWitnessed = query.optionalBoolean("witnessed") ?? false
            try query.finish()
            guard let tenant = reader.tenant else { throw ProblemDetails(.validation) }
            let position = try Self.position(in: context)
            guard
                let receipt = try await admission.receipts.receipt(
                    at: position, of: tenant, isWitnessed: isWitnessed,
                    where: { stream in
                        reader.products?.contains { stream.belongs(to: $0) } ?? true
                    })
            else {
                guard try await !admission.receipts.isErased(position) else {
                    throw ProblemDetails(
                        .gone,
                        detail: "The event is gone, as the retention policy says. That its entry is in the log can "
                            + "still be proven from the tiles.")
                }
                throw ProblemDetails(
                    .notFound,
                    detail: isWitnessed
                        ? "There is no such event of yours that a witness has seen yet."
                        : "There is no such event of yours.")
            }
            if let auditor = reader.auditor {
                try await ledger.record(
                    AuditRead(
                        route: .receipts, kind: .page, filters: ["tenant_id": tenant.rawValue.lowercaseText],
                        positions: position..<LogPosition(position.rawValue + 1)),
                    of: tenant, by: admitted.requester(auditor))
            }
            return Response(
                status: .ok, headers: [.contentType: "text/plain; charset=utf-8"],
                body: .init(byteBuffer: ByteBuffer(bytes: receipt.encoded())))
        }
    }

    /// Who reads, and whose events.
    private struct Reader {
        let tenant: TenantID?
        /// Those whose streams a user may see; all, for an auditor.
        var products: Set<Product>?
        /// Whose read is on the record before anything is answered.
        var auditor: ActorHandle?

        init(_ caller: Caller, _ query: inout QueryReader) throws(ProblemDetails) {
            switch caller {
            case .user:
                let user = try caller.user(with: .credits)
                (tenant, products) = (user.tenant, user.products)
            case .application:
                auditor = try caller.application(with: .auditor)
                tenant = query.uuid("tenant_id").flatMap(UUID.init(text:)).map(TenantID.init)
            }
        }
    }

    /// Anything else than the one spelling of a position is nothing that could exist.
    private static func position(in context: GatewayContext) throws(ProblemDetails) -> LogPosition {
        guard let position = context.parameters.get("position").flatMap({ LogPosition(cursor: String($0)) }) else {
            throw ProblemDetails(.notFound, detail: "The position in the path must be a whole number.")
        }
        return position
    }
}

extension StreamID {
    /// Whether it is one of the streams of a product's account.
    fileprivate func belongs(to product: Product) -> Bool {
        [Streams.account(product), Streams.usage(product), Streams.captures(product)].contains(self)
    }
}
