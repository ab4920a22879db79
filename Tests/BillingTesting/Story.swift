package import Billing
package import CreditDomain
package import EventStore

/// What several accounts did, one command after the other, as it was seen at the time: what histories, statements and
/// balances are compared with afterwards.
package struct Story: Sendable {
    package struct Moment: Sendable {
        package let account: StreamKey
        package let position: LogPosition
        package let time: EventTime
        package let state: AccountState
    }

    package private(set) var captures: [StreamKey: [CaptureRecord]] = [:]
    package private(set) var moments: [Moment] = []
    package let clients: [Client]

    private var random: SplitMix64
    private var holds: [StreamKey: [HoldID]] = [:]
    private var refundable: [StreamKey: [CaptureRecord]] = [:]

    package init(_ bench: Bench, accounts: Int, seed: UInt64) {
        random = SplitMix64(seed: seed)
        clients = (0..<accounts).map { Client(bench, product: $0 % 2 == 0 ? .punchout : .agent) }
    }

    /// Some commands by random accounts, with the clock moving on. Refusals are part of the story.
    package mutating func go(on steps: Int) async throws {
        for _ in 0..<steps {
            guard let client = clients.randomElement(using: &random) else { return }
            client.bench.clock.advance(microseconds: Int64.random(in: 0...9_000_000, using: &random))
            do {
                try await step(client)
            } catch is CreditError {
                continue
            }
            if let head = try await client.bench.reader.head(of: client.account, as: AccountState.self) {
                moments.append(
                    Moment(
                        account: client.account, position: head.position, time: client.bench.clock.now,
                        state: head.state))
            }
        }
    }

    private mutating func step(_ client: Client) async throws {
        let account = client.account
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<15:
            let seconds = Bool.random(using: &random) ? Int64.random(in: 60...300, using: &random) : nil
            try await client.grant(
                Int64.random(in: 1...12, using: &random), priority: UInt8.random(in: 0...2, using: &random),
                expires: try seconds.map { try client.now.adding(seconds: $0) })
        case 15..<30:
            let answer = try await client.hold(
                Int64.random(in: 1...3, using: &random), seconds: Int64.random(in: 1...90, using: &random))
            holds[account, default: []].append(answer.holdID)
        case 30..<37:
            try await client.voidHold(holds[account]?.popLast() ?? HoldID("none"))
        case 37..<80:
            let hold = Int.random(in: 0..<4, using: &random) == 0 ? holds[account]?.popLast() : nil
            let isFailure = Int.random(in: 0..<8, using: &random) == 0
            let record = client.record(
                outcome: isFailure ? .failure : .success, host: "shop-\(Int.random(in: 1...9, using: &random)).example",
                lines: Int.random(in: 1...40, using: &random))
            try await client.capture(record, hold: isFailure ? nil : hold)
            captures[account, default: []].append(record)
            if !isFailure { refundable[account, default: []].append(record) }
        case 80..<90:
            guard let record = refundable[account]?.popLast() else { return }
            try await client.refund(record)
        case 90..<95: try await client.check()
        default: try await client.settle()
        }
    }
}
