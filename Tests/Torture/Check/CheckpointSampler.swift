import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Synchronization
import TortureHistory
import TransparencyLog

/// Looks at the log's checkpoint all the time, as anybody may, at every gateway.
final class CheckpointSampler: Sendable {
    struct Sample: Sendable {
        let invoked: UInt64
        let answered: UInt64
        let size: UInt64
        let root: TreeHash
    }

    private struct Contents {
        var samples: [Sample] = []
        var malformed: [String] = []
    }

    private static let interval = Duration.milliseconds(50)

    private let world: World
    private let contents = Mutex(Contents())

    init(world: World) {
        self.world = world
    }

    var samples: [Sample] { contents.withLock(\.samples) }

    /// Until cancelled.
    func run(gateways: Int) async {
        while !Task.isCancelled {
            for gateway in world.gateways.prefix(gateways) { await look(at: gateway) }
            try? await Task.sleep(for: Self.interval)
        }
    }

    private func look(at gateway: Gateway) async {
        let invoked = Caller.now
        let request = HTTPClientRequest(url: gateway.url + "/log/main/checkpoint")
        guard let response = try? await world.http.execute(request, timeout: .seconds(2)), response.status == .ok,
            let body = try? await response.body.collect(upTo: 1 << 16)
        else { return }
        let answered = Caller.now
        contents.withLock { contents in
            do {
                let checkpoint = try SignedCheckpoint(parsing: Array(body.readableBytesView))
                contents.samples.append(
                    Sample(
                        invoked: invoked, answered: answered, size: checkpoint.unverified.size,
                        root: checkpoint.unverified.root))
            } catch {
                contents.malformed.append("\(error)")
            }
        }
    }

    /// Who looked later saw a log at least as long, and every one of them is the log as it is now, up to that length.
    ///
    /// - Parameter roots: of the log's tree at every size that was seen.
    func check(against roots: [UInt64: TreeHash]) -> [Violation] {
        let (samples, malformed) = contents.withLock { ($0.samples, $0.malformed) }
        var violations = malformed.map { Violation(.checkpoint, "not a checkpoint: \($0)") }
        let byEnd = samples.sorted { $0.answered < $1.answered }
        var next = 0
        var largest: UInt64 = 0
        for sample in samples.sorted(by: { $0.invoked < $1.invoked }) {
            while next < byEnd.count, byEnd[next].answered < sample.invoked {
                largest = max(largest, byEnd[next].size)
                next += 1
            }
            if sample.size < largest {
                violations.append(Violation(.checkpoint, "the log shrank from \(largest) to \(sample.size)"))
            }
            if roots[sample.size] != sample.root {
                violations.append(Violation(.checkpoint, "the checkpoint of size \(sample.size) is of another log"))
            }
        }
        return violations
    }
}
