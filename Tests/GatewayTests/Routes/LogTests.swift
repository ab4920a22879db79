import CanonicalJSON
import EventStore
import Foundation
import Gateway
import HTTPTypes
import Testing
import TransparencyLog

extension GatewayTests {
    /// The log's public face.
    @Suite("The public log", .gateway)
    struct LogTests {
        private let gateway: TestGateway

        init() throws {
            gateway = try TestGateway.shared
        }

        private func checkpoint() async throws -> Checkpoint {
            let answer = try await gateway.get("/log/gateway/checkpoint")
            #expect(answer.status == 200)
            #expect(answer.headers[.contentType] == "text/plain; charset=utf-8")
            #expect(answer.headers[.cacheControl] == "public, max-age=1")
            let policy = try TrustPolicy(log: gateway.platform.configuration.signer.verifier)
            return try policy.verify(SignedCheckpoint(parsing: answer.body)).checkpoint
        }

        @Test("the checkpoint is signed, and has every event that was acknowledged: no merge delay")
        func noDelay() async throws {
            let customer = try await gateway.customer(credits: 3)
            for _ in 0..<3 {
                let answer = try await gateway.post("/v1/captures", gateway.capture(), token: customer.token)
                #expect(answer.status == 201)
                #expect(try await checkpoint().size == UInt64(try await gateway.logSize()))
            }
        }

        @Test("the whole log, mirrored as files, has the root of the checkpoint, as a script of few lines finds out")
        func mirrored() async throws {
            let customer = try await gateway.customer(credits: 1_000)
            while try await gateway.logSize() < 600 {
                _ = try await gateway.post("/v1/captures", gateway.capture(), token: customer.token)
            }
            try await withTemporaryFolder { folder in
                func save(_ name: String) async throws {
                    let answer = try await gateway.get("/log/gateway/\(name)")
                    #expect(answer.status == 200, "\(name)")
                    let file = folder.appending(path: name)
                    try FileManager.default.createDirectory(
                        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                    try Data(answer.body).write(to: file)
                }
                try await save("checkpoint")
                let note = try Data(contentsOf: folder.appending(path: "checkpoint"))
                let layout = TileLayout(size: try SignedCheckpoint(parsing: Array(note)).unverified.size)
                for index in 0..<layout.fullTileCount(atLevel: 0) {
                    try await save(try #require(TilePath(entries: index)).description)
                }
                if let partial = layout.partialEntries { try await save(partial.description) }
                for path in layout.partialTiles { try await save(path.description) }

                let key = gateway.platform.configuration.signer.verifier.text
                let output = try PythonExample.run("verify_tiles.py", folder.absoluteString, key)
                #expect(output.status == 0 && output.text.hasPrefix("verified: "), "\(output.text)")

                let bundle = folder.appending(path: "tile/entries/001")
                var bytes = try Data(contentsOf: bundle)
                bytes[100] ^= 1
                try bytes.write(to: bundle)
                let tampered = try PythonExample.run("verify_tiles.py", folder.absoluteString, key)
                #expect(tampered.status != 0 && tampered.text.contains("the tiles are not what the checkpoint says"))
            }
        }

        @Test("a tile may be cached for ever, by anybody")
        func tile() async throws {
            _ = try await gateway.customer(credits: 1)
            for name in ["tile/0/000.p/1", "tile/entries/000.p/1"] {
                let answer = try await gateway.get("/log/gateway/\(name)")
                #expect(answer.status == 200)
                #expect(answer.headers[.contentType] == "application/octet-stream")
                #expect(answer.headers[.cacheControl] == "public, max-age=31536000, immutable")
                #expect(answer.headers[.accessControlAllowOrigin] == "*")
                #expect(answer.body.count == (name.contains("entries") ? 34 : 32))
            }
        }

        @Test(
            "what is no resource of the log is not found",
            arguments: [
                "", "/", "/gateway", "/gateway/", "/gateway/nothing", "/other/checkpoint", "/gateway/checkpoint/x",
                "/gateway/tile/0/0", "/gateway/tile/0/000.p/0", "/gateway/tile/0/000.p/256", "/gateway/tile/0/999",
                "/gateway/tile/64/000", "/gateway/tile/00/000", "/gateway/tile/entries/x999/999.p/1",
                "/gateway/tile/0/x000/000.p/1", "/gateway/tile/-1/000", "/gateway/tile/0/..%2f000.p/1",
                "/gateway/tile/0/18446744073709551616", "/gateway/tile/1/x999/x999/x999/x999/x999/999.p/1",
            ])
        func nothing(path: String) async throws {
            let answer = try await gateway.get("/log" + path)
            expect(answer, is: 404, "not-found")
        }

        @Test("a query is refused, and so is another method")
        func query() async throws {
            expect(try await gateway.get("/log/gateway/checkpoint?x=1"), is: 422, "validation")
            let answer = try await gateway.post("/log/gateway/checkpoint", [:], token: nil)
            expect(answer, is: 405, "method-not-allowed")
        }

        @Test("hand-overs are listed")
        func handovers() async throws {
            let answer = try await gateway.get("/log/gateway/handovers")
            #expect(answer.text == #"{"handovers":[]}"#)
        }
    }
}
