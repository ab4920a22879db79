import EventStore
import Foundation
import TransparencyLog

/// The state of a simulated stream: cheap to write and read.
struct Balance: StreamState {
    var value: Int64 = 0
    var dueAt: EventTime? { nil }

    init() {}

    init(snapshot: [UInt8]) throws {
        guard let value = Int64(String(decoding: snapshot, as: UTF8.self)) else { throw NotACounter() }
        self.value = value
    }

    func snapshot() -> [UInt8] { Array("\(value)".utf8) }
}

/// What a simulated client wants done once.
struct Wish: Sendable {
    static let tenant = TenantID(UUID(uuid: (1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)))
    static let streams = ["a", "b", "c"].map { StreamID(counter: $0) }

    let number: Int
    let stream: StreamID
    /// Added by each of its events; the balance must not go below zero.
    let amount: Int64
    let events: Int
    let isKeyed: Bool
    /// Only one of those with the same claim may happen.
    let claim: Int?
    /// The database can't store it.
    let isUnstorable: Bool

    init(number: Int, _ chance: inout Chance) {
        self.number = number
        stream = Self.streams[chance.pick(0...Self.streams.count - 1)]
        amount = Int64(chance.isTrue(percent: 50) ? chance.pick(1...9) : -chance.pick(1...6))
        events = chance.isTrue(percent: 80) ? 1 : 2
        isKeyed = chance.isTrue(percent: 65)
        claim = isKeyed && chance.isTrue(percent: 20) ? chance.pick(0...1) : nil
        isUnstorable = chance.isTrue(percent: 4)
    }

    var command: Command<Balance> {
        let (stream, amount, events) = (stream, amount, events)
        return Command(
            tenant: Self.tenant, actor: nil, request: UUID(wish: number),
            key: isKeyed ? Self.key(number, kind: 1) : nil, claim: claim.map { Self.key($0, kind: 2) },
            streams: [stream]
        ) { draft in
            if let holder = draft.claimHolder { throw Taken(holder: holder) }
            var state = draft.state(of: stream)
            guard state.value + amount * Int64(events) >= 0 else { throw TooLittle(value: state.value) }
            for _ in 0..<events { draft.append(NewEvent(.added, data: [0x7B, 0x7D]), to: stream) }
            state.value += amount * Int64(events)
            draft.setState(state, of: stream)
            return state.snapshot()
        }
    }

    private static func key(_ number: Int, kind: UInt8) -> UniqueKey {
        let hash = TreeHash([kind, UInt8(number)] + [UInt8](repeating: 0, count: 30)) ?? MerkleTree.emptyRoot
        return UniqueKey(hash: hash, fingerprint: hash)
    }
}

extension UUID {
    /// Tells of an event whose it is.
    init(wish number: Int) {
        self.init(uuid: (UInt8(number), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
    }

    var wish: Int { Int(uuid.0) }
}
