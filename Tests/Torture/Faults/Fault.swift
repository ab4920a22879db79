import TortureHistory

/// One way of breaking things, and of mending them again, while clients go on.
struct Fault: Sendable {
    let name: String
    let summary: String
    /// How many gateways run on the log.
    var gateways = 1
    /// Why it can't be done here; nil if it can.
    var obstacle: @Sendable (World) -> String? = { _ in nil }
    /// Breaks something and puts it in order again. Returns what was done, for the report.
    let strike: @Sendable (inout FaultContext) async throws -> String

    static let all =
        processFaults + serverFaults + connectionFaults + resourceFaults + clockFaults + severalFaults + clientFaults

    static func named(_ name: String) -> Fault? { all.first { $0.name == name } }
}

struct FaultContext: Sendable {
    let world: World
    /// For clients that are part of a fault: what they ask is in the history, too.
    let caller: Caller
    let accounts: [Account]
    let isShort: Bool
    var random: SeededRandom

    var gateway: Gateway { world.gateways[0] }

    mutating func pause(_ milliseconds: ClosedRange<Int>) async throws {
        try await Task.sleep(for: random.milliseconds(milliseconds))
    }
}
