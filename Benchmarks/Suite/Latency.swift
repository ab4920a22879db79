import BenchmarkReport
import Foundation

/// How long answers take at a share of the most that the service can do.
struct Latency: Sendable {
    static let shares = [50, 75, 90]

    let options: Options
    let session: Session

    static func name(_ share: Int) -> String { "captures, open loop at \(share) % of maximum" }

    /// - Parameter maximum: captures a second in a closed loop; measured if it is not known.
    func run(maximum: Double?) async throws -> [LoadRow] {
        let known: Double
        if let maximum {
            known = maximum
        } else {
            known = try await session.loop.run(Loads.uniform, seconds: options.loadSeconds).rate
        }
        var samples: [Int: [LoadSample]] = [:]
        for round in 1...options.rounds {
            Progress.say("latency, round \(round)")
            for share in Self.shares {
                samples[share, default: []].append(try await run(rate: known * Double(share) / 100))
            }
        }
        return Self.shares.map { LoadRow(Self.name($0), samples[$0] ?? []) }
    }

    private func run(rate: Double) async throws -> LoadSample {
        let before = try await session.loop.invariants.count()
        let result = try await OpenLoop.run(
            port: session.gateway.port, connections: Load.connections, tokens: session.accounts.tokens, rate: rate,
            seconds: options.loadSeconds)
        try await session.loop.server.waitUntilQuiet()
        try await session.loop.invariants.check("open loop", debits: result.sent, since: before)
        return LoadSample(operations: result.sent, seconds: result.seconds, latency: result.histogram.latency)
    }
}
