import CanonicalJSON
import Edge
import EventStore
import HTTPTypes
import Hummingbird
import TransparencyLog

/// The public face of the log, as C2SP tlog-tiles has it: the signed checkpoint, tiles and entry bundles, below the path
/// of the log's origin. None of it says anything about an event to somebody who doesn't hold its receipt, so it needs no
/// token, and may be cached and mirrored by anyone.
struct LogRoutes {
    private static let prefix = "/log/"

    private let reader: LogReader
    private let tree: TreeReader
    private let keys: LogKeyHistory
    private let cosignatures: Cosignatures
    /// `main/` for a log whose origin is `log.example.com/main`; empty for an origin without a path.
    private let path: String

    init(_ platform: Platform) {
        reader = platform.publicReader
        tree = TreeReader(reader: reader)
        keys = LogKeyHistory(reader: reader)
        cosignatures = Cosignatures(reader: reader)
        path = reader.origin.split(separator: "/").dropFirst().map { $0 + "/" }.joined()
    }

    func add(to router: Router<GatewayContext>) {
        router.get("log/**", use: resource)
    }

    @Sendable func resource(_ request: Request, _ context: GatewayContext) async throws -> Response {
        try QueryReader(request).finish()
        guard request.uri.path.hasPrefix(Self.prefix + path) else { throw ProblemDetails(.notFound) }
        let name = String(request.uri.path.dropFirst(Self.prefix.count + path.count))
        do {
            switch name {
            case "checkpoint": return Self.checkpoint(Array(try await reader.head().checkpoint.utf8))
            case "cosigned":
                guard let newest = try await cosignatures.newest() else { throw ProblemDetails(.notFound) }
                return Self.checkpoint(newest.encoded())
            case "handovers": return try await handovers()
            default:
                guard let path = TilePath(parsing: name) else { throw ProblemDetails(.notFound) }
                return try await tile(path)
            }
        } catch {
            throw ProblemDetails(domain: error)
        }
    }

    /// Mutable, and to be cached for moments only.
    private static func checkpoint(_ note: [UInt8]) -> Response {
        answer(note, type: "text/plain; charset=utf-8", cache: "public, max-age=1")
    }

    private func handovers() async throws -> Response {
        let notes = try await keys.all().map(\.note)
        let body = JSONValue.object(["handovers": .array(notes.map { .string($0) })]).canonicalBytes()
        return Self.answer(body, type: "application/json", cache: "public, max-age=60")
    }

    /// Immutable, partial ones too. Sent as they are: hashes can't be compressed.
    private func tile(_ path: TilePath) async throws -> Response {
        guard path.exists(inTreeOf: try await reader.head().tree.size) else { throw ProblemDetails(.notFound) }
        let bytes: [UInt8]?
        switch path.content {
        case .hashes: bytes = try await tree.tile(path.coordinate, width: path.width).encoded()
        case .entries:
            let entries = try await tree.entries(path.coordinate.index, width: path.width)
            bytes = EntryBundle(entries.map(\.bytes))?.encoded()
        }
        guard let bytes else { throw ProblemDetails(.notFound) }
        return Self.answer(bytes, type: "application/octet-stream", cache: "public, max-age=31536000, immutable")
    }

    private static func answer(_ body: [UInt8], type: String, cache: String) -> Response {
        Response(
            status: .ok,
            headers: [
                .contentType: type, .cacheControl: cache, .accessControlAllowOrigin: "*",
                .crossOriginResourcePolicy: "cross-origin",
            ], body: .init(byteBuffer: ByteBuffer(bytes: body)))
    }
}
