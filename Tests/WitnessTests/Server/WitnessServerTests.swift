import AsyncHTTPClient
import Edge
import Foundation
import LogTesting
import NIOCore
import NIOHTTP1
import Testing
import TransparencyLog

@testable import Witness

@Suite("The witness's interface", .timeLimit(.minutes(10)))
struct WitnessServerTests {
    private let log: MemoryLog

    init() throws {
        log = try MemoryLog()
    }

    @Test("a checkpoint is cosigned: 200 with signature lines")
    func cosigned() async throws {
        try await TestWitness.with { witness in
            let log = log
            try await witness.serving { url in
                for (old, new) in [(0, 5), (5, 5), (5, 12)] {
                    let answer = try await Answer.of(url, log.request(old, new).encoded())
                    #expect(answer.status == 200)
                    #expect(answer.type == "text/plain; charset=utf-8")
                    let lines = try CosignatureLines(parsing: answer.body)
                    let signature = try #require(lines.signatures.first)
                    #expect(witness.cosigner.verifier.verifies(signature, over: try log.checkpoint(new).note.text))
                    // As the specification recommends to clients.
                    let note = try Note(parsing: try log.checkpoint(new).encoded() + answer.body)
                    #expect(try note.verify(with: [witness.cosigner.verifier]).signatures.count == 1)
                }
            }
        }
    }

    @Test("another size is told: 409 with the size and its media type")
    func otherSize() async throws {
        try await TestWitness.with { witness in
            let log = log
            try await witness.serving { url in
                for (latest, wrong) in [(0, 3), (7, 0), (7, 5), (7, 8)] {
                    if latest > 0 { _ = try await Answer.of(url, log.request(latest == 7 ? 0 : 7, 7).encoded()) }
                    let answer = try await Answer.of(url, log.request(wrong, 12).encoded())
                    #expect(answer.status == 409)
                    #expect(answer.type == "text/x.tlog.size")
                    #expect(answer.text == "\(latest)\n")
                }
            }
        }
    }

    @Test("every other refusal has its status and is a problem document")
    func refusals() async throws {
        try await TestWitness.with { witness in
            let log = log
            let unknown = try MemoryLog(origin: "log.example/unknown")
            let stranger = try MemoryLog(seed: 9)
            try await witness.serving { url in
                _ = try await Answer.of(url, log.request(0, 5).encoded())
                let cases: [([UInt8], Int)] = try [
                    (unknown.request(0, 5).encoded(), 404), (stranger.request(5, 7).encoded(), 403),
                    (AddCheckpointRequest(oldSize: 9, proof: [], checkpoint: log.checkpoint(7)).encoded(), 400),
                    ([], 400), (Array("old 5".utf8), 400), (log.request(5, 7).encoded().dropLast(), 400),
                    (Array("\n".utf8) + log.request(5, 7).encoded(), 400),
                    (log.request(5, 5, root: MemoryLog.root(6)).encoded(), 409),
                    (log.request(5, 7, proof: []).encoded(), 422),
                    (log.request(5, 7, proof: log.request(4, 7).proof).encoded(), 422),
                    (log.request(5, 5, proof: [MemoryLog.root(5)]).encoded(), 422),
                    (log.request(5, 7, root: MemoryLog.root(8)).encoded(), 422),
                    ([UInt8](repeating: 0x6F, count: AddCheckpointRequest.maximumByteCount), 400),
                    ([UInt8](repeating: 0x6F, count: AddCheckpointRequest.maximumByteCount + 1), 413),
                ]
                for (index, (body, status)) in cases.enumerated() {
                    let answer = try await Answer.of(url, body)
                    #expect(answer.status == status, "case \(index)")
                    #expect(answer.type == "application/problem+json", "case \(index)")
                }
                let answer = try await Answer.of(url, log.request(5, 7).encoded())
                #expect(answer.status == 200, "nothing of this has changed the state")
            }
        }
    }

    @Test("from the empty tree no proof is taken: 422")
    func proofFromNothing() async throws {
        try await TestWitness.with { witness in
            let body = try log.request(0, 5, proof: [MemoryLog.root(5)]).encoded()
            let answer = try await witness.serving { try await Answer.of($0, body) }
            #expect(answer.status == 422)
        }
    }

    @Test("POST only, and nowhere else", arguments: ["GET", "PUT", "DELETE", "HEAD", "PATCH"])
    func methods(method: String) async throws {
        try await TestWitness.with { witness in
            let body = try log.request(0, 5).encoded()
            try await witness.serving { url in
                let answer = try await Answer.of(url, body, method: method)
                #expect(answer.status == 405)
                #expect(answer.allow == "OPTIONS, POST")
                #expect(try await Answer.of(url, body, path: "/").status == 404)
                #expect(try await Answer.of(url, body, path: "/add-checkpoint/x").status == 404)
            }
        }
    }

    @Test("is there: 200 to whoever asks, however often")
    func health() async throws {
        try await TestWitness.with { witness in
            try await witness.serving(rate: .init(requestsPerSecond: 1, burst: 1)) { url in
                for _ in 0..<3 {
                    let answer = try await Answer.of(url, [], method: "GET", path: "/healthz")
                    #expect(answer.status == 200)
                    #expect(answer.text == "ok\n")
                }
            }
        }
    }

    @Test("too many requests of an address: 429, whatever they hold, until there is room again")
    func rate() async throws {
        try await TestWitness.with { witness in
            let body = try log.request(0, 5).encoded()
            try await witness.serving(rate: .init(requestsPerSecond: 1, burst: 3)) { url in
                var refused: Answer?
                // Some may come back meanwhile.
                for _ in 0..<100 where refused == nil {
                    let answer = try await Answer.of(url, Array("nonsense".utf8))
                    if answer.status != 400 { refused = answer }
                }
                #expect(refused?.status == 429)
                #expect(refused?.type == "application/problem+json")
                var answer = try await Answer.of(url, body)
                while answer.status == 429 { answer = try await Answer.of(url, body) }
                #expect(answer.status == 200)
            }
        }
    }

    @Test("state that can't be kept: 503, and no cosignature")
    func notKept() async throws {
        try await TestWitness.with { witness in
            let log = log
            try await witness.serving { url in
                let blocked = witness.path(try witness.file.checkpoint + ".new")
                try FileManager.default.createDirectory(atPath: blocked, withIntermediateDirectories: false)
                let answer = try await Answer.of(url, log.request(0, 5).encoded())
                #expect(answer.status == 503)
                try FileManager.default.removeItem(atPath: blocked)
                #expect(try await Answer.of(url, log.request(0, 5).encoded()).status == 200)
            }
        }
    }

    @Test("each decision is one line for the operator, without what strangers write")
    func logged() async throws {
        try await TestWitness.with { witness in
            let log = log
            let unknown = try MemoryLog(origin: "log.example/unknown")
            try await witness.serving { url in
                for body in try [
                    log.request(0, 5).encoded(), log.request(0, 5).encoded(), unknown.request(0, 5).encoded(), [],
                ] { _ = try await Answer.of(url, body) }
            }
            let lines = witness.recorder.entries.filter { $0.message.hasPrefix("checkpoint ") }
            #expect(lines.map(\.message) == ["checkpoint cosigned"] + Array(repeating: "checkpoint refused", count: 3))
            #expect(
                lines.map(\.metadata["reason"]) == [nil, "other-size", "unknown-origin", "malformed: invalidOldSize"])
            #expect(lines[0].metadata["origin"] == "log.example/a" && lines[0].metadata["size"] == "5")
            #expect(!witness.recorder.entries.contains { $0.metadata.values.contains { $0.contains("unknown/") } })
        }
    }

    @Test("two at once from one state: one is cosigned, the other told its size; a restart keeps it")
    func concurrent() async throws {
        try await TestWitness.with { witness in
            let (first, second) = try (log.request(0, 5).encoded(), log.request(0, 9).encoded())
            let latest = try await witness.serving { url in
                async let left = Answer.of(url, first)
                async let right = Answer.of(url, second)
                let answers = try await [left, right]
                #expect(answers.map(\.status).sorted() == [200, 409])
                let winner = answers[0].status == 200 ? 5 : 9
                #expect(answers.first { $0.status == 409 }?.text == "\(winner)\n")
                return winner
            }
            let next = try log.request(latest, 12).encoded()
            try await witness.serving { url in
                let answers = [try await Answer.of(url, first), try await Answer.of(url, next)]
                #expect(answers.map(\.status) == [409, 200])
                #expect(answers[0].text == "\(latest)\n")
            }
        }
    }
}

/// What a server answers to one request.
struct Answer: Sendable {
    let status: Int
    let type: String?
    let allow: String?
    let body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }

    static func of(
        _ url: String, _ body: [UInt8], method: String = "POST", path: String = "/add-checkpoint"
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: url + path)
        request.method = HTTPMethod(rawValue: method)
        request.body = .bytes(body)
        let response = try await HTTPClient.shared.execute(request, timeout: .minutes(2))
        return Answer(
            status: Int(response.status.code), type: response.headers.first(name: "Content-Type"),
            allow: response.headers.first(name: "Allow"),
            body: Array(try await response.body.collect(upTo: 1_000_000).readableBytesView))
    }
}
