import Benchmark
import Billing
import CanonicalJSON
import CreditDomain
import EventStore
import Foundation
import Identity
import Postgres
import Sealing
import TransparencyLog

/// The parts that every debit goes through, one at a time and without a database: where its processor time goes.
///
/// A round is a thousand operations, for the clock; the numbers marked with a star are of one.
let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(
        metrics: [.cpuTotal, .wallClock, .throughput], scalingFactor: .kilo, maxDuration: .seconds(2))

    let event = Samples.event
    let bytes = event.canonicalBytes(origin: Samples.origin)
    Benchmark("canonical encoding of an event") { benchmark in
        for _ in benchmark.scaledIterations { blackHole(event.canonicalBytes(origin: Samples.origin)) }
    }
    Benchmark("commitment and leaf of an event") { benchmark in
        for _ in benchmark.scaledIterations {
            blackHole(MerkleTree.leafHash(of: EntryCommitment.commitment(salt: event.salt, event: bytes)))
        }
    }
    let key = Samples.key
    let nonce = RandomBytes.system.make(EventEnvelope.nonceLength)
    let envelope = key.seal(salt: event.salt, data: event.data, event: event.id, nonce: nonce)
    Benchmark("sealing of an event") { benchmark in
        for _ in benchmark.scaledIterations {
            blackHole(key.seal(salt: event.salt, data: event.data, event: event.id, nonce: nonce))
        }
    }
    Benchmark("opening of a sealed event") { benchmark in
        for _ in benchmark.scaledIterations {
            blackHole(try envelope.withUnsafeBytes { try key.open($0, event: event.id) })
        }
    }
    Benchmark("compact range, one leaf more") { benchmark in
        var tree = CompactRange()
        let leaf = event.leaf
        for _ in benchmark.scaledIterations { tree.append(leaf) }
        blackHole(tree.root())
    }

    let account = Samples.account
    let debit = CreditCommand.debit(id: DebitID("1b671a64-40d5-491e-99b0-da01ff1f3341"), units: Credits(1), hold: nil)
    Benchmark("decide and evolve a debit") { benchmark in
        for _ in benchmark.scaledIterations {
            var state = account
            for event in try decide(debit, state, now: Samples.time) { try evolve(&state, event) }
            blackHole(state)
        }
    }
    Benchmark("snapshot of an account") { benchmark in
        for _ in benchmark.scaledIterations { blackHole(account.snapshot()) }
    }

    Benchmark("token verification, RSA") { benchmark, token in
        for _ in benchmark.scaledIterations {
            // Another verifier each time: nothing is cached.
            blackHole(try await token.verifier().verify(token.text))
        }
    } setup: {
        try await Samples.Token()
    }
    Benchmark("token verification, cached") { benchmark, token in
        let verifier = token.verifier()
        _ = try await verifier.verify(token.text)
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations { blackHole(verifier.cached(token.text)) }
    } setup: {
        try await Samples.Token()
    }

    Benchmark("JSON decoding of a capture") { benchmark in
        for _ in benchmark.scaledIterations { blackHole(try JSONParser.parse(Samples.body)) }
    }

    let uuids = (0..<512).map { _ in UUID() }
    let texts = [String](repeating: String(decoding: event.data, as: UTF8.self), count: 512)
    Benchmark("binary arrays of 512 UUIDs and 512 payloads") { benchmark in
        for _ in benchmark.scaledIterations {
            blackHole(Parameter.uuidArray(uuids))
            blackHole(Parameter.textArray(texts))
        }
    }
}
