import Edge
import HTTPTypes
import Hummingbird
import Logging
import TransparencyLog

/// The witness's interface, c2sp.org/tlog-witness: one call; and whether it is there.
struct WitnessRoutes: Sendable {
    let store: WitnessStore
    /// Counts by address: a signature is costly to check, and anybody may send one.
    let limiter: TenantRateLimiter

    func add(to router: Router<WitnessContext>) {
        router.post("add-checkpoint", use: addCheckpoint)
        router.get("healthz") { _, _ in Self.response(.ok, "text/plain; charset=utf-8", Array("ok\n".utf8)) }
    }

    @Sendable private func addCheckpoint(_ request: Request, _ context: WitnessContext) async throws -> Response {
        _ = try limiter.admit(tenant: context.address)
        let body = try await request.body.collect(upTo: AddCheckpointRequest.maximumByteCount)
        let call: AddCheckpointRequest
        do { call = try AddCheckpointRequest(parsing: body.readableBytesView) } catch {
            context.logger.notice("checkpoint refused", metadata: ["reason": "malformed: \(error)"])
            throw ProblemDetails(.malformedRequest, detail: "The body is not an add-checkpoint request.")
        }
        do {
            let answer = try await store.add(call)
            context.logger.notice("checkpoint cosigned", metadata: Self.metadata(call))
            return Self.response(.ok, "text/plain; charset=utf-8", answer.encoded())
        } catch let refusal as WitnessRefusal {
            return try Self.answer(refusal, to: call, logger: context.logger)
        } catch let error as WitnessStoreError {
            context.logger.error("state could not be kept", metadata: ["error": "\(error)"])
            throw ProblemDetails(.unavailable, headers: [.retryAfter: "5"])
        }
    }

    private static func answer(
        _ refusal: WitnessRefusal, to call: AddCheckpointRequest, logger: Logger
    ) throws -> Response {
        // Whoever has not signed with a known key could write anything into the log.
        var metadata = refusal.isOfKnownLog ? metadata(call) : [:]
        metadata["reason"] = "\(refusal.reason)"
        logger.notice("checkpoint refused", metadata: metadata)
        if case .otherSize(let size) = refusal {
            return response(.conflict, LatestSize.mediaType, LatestSize(size).encoded())
        }
        throw ProblemDetails(refusal.problem, detail: refusal.detail)
    }

    private static func response(_ status: HTTPResponse.Status, _ type: String, _ body: [UInt8]) -> Response {
        Response(status: status, headers: [.contentType: type], body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }

    private static func metadata(_ call: AddCheckpointRequest) -> Logger.Metadata {
        let checkpoint = call.checkpoint.unverified
        return [
            "origin": "\(checkpoint.origin)", "old_size": "\(call.oldSize)", "size": "\(checkpoint.size)",
            "root": "\(checkpoint.root.hex)",
        ]
    }
}
