import CanonicalJSON
import Foundation
import Synchronization
import TortureHistory

/// Tells what happens, line by line, and what it came to.
final class Report: Sendable {
    private struct Contents {
        var results: [Round.Result] = []
        var whole: [Violation] = []
        var isStopped = false
        var begun = ContinuousClock.now
    }

    private let seed: UInt64
    private let isJSON: Bool
    private let contents = Mutex(Contents())

    init(seed: UInt64, isJSON: Bool) {
        self.seed = seed
        self.isJSON = isJSON
    }

    var isGood: Bool {
        contents.withLock { contents in
            !contents.isStopped && contents.whole.isEmpty
                && contents.results.allSatisfy { if case .broken = $0.outcome { false } else { true } }
        }
    }

    func begin(_ rounds: Int) {
        say("seed \(seed), \(rounds) rounds")
    }

    func add(_ result: Round.Result, of count: Int) {
        let (done, elapsed) = contents.withLock { contents in
            contents.results.append(result)
            return (contents.results.count, (ContinuousClock.now - contents.begun) / .seconds(1))
        }
        if isJSON { return print(Self.json(result)) }
        let left = Int(elapsed / Double(done) * Double(count - done))
        let tally = result.tally
        let head = "\(pad(String(result.number), 4, left: true))  \(pad(result.fault, 24))"
        switch result.outcome {
        case .notPossible(let reason): say("\(head)  not possible here: \(reason)")
        case .survived:
            say(
                "\(head)  survived  \(pad("\(tally.acknowledged) acknowledged, \(tally.refused) refused, \(tally.unknown) unknown", 46))"
                    + " \(seconds(result.seconds))  \(result.detail)  [\(left / 60) min \(left % 60) s left]")
        case .broken(let violations):
            say("\(head)  BROKEN    \(violations.count) violations  \(result.detail)")
            for violation in violations.prefix(20) { say("        \(violation)") }
            say("        repeat it with: ops/torture --seed \(seed) --only \(result.number)")
        }
    }

    func add(whole violations: [Violation]) {
        contents.withLock { $0.whole += violations }
        for violation in violations { say("  the whole log: \(violation)") }
    }

    func stopped(by error: any Error) {
        contents.withLock { $0.isStopped = true }
        end()
        say("The harness could not go on: \(error)")
    }

    func end() {
        let contents = contents.withLock { $0 }
        guard !isJSON else { return print(totals(contents)) }
        say("")
        say(
            "\(pad("fault", 24))  \(["rounds", "survived", "acknowledged", "refused", "unknown", "settled"].joined(separator: "  "))"
        )
        for name in Fault.all.map(\.name) {
            let results = contents.results.filter { $0.fault == name }
            if !results.isEmpty { say(row(name, results)) }
        }
        say(row("all", contents.results))
        let events = contents.results.reduce(0) { $0 + $1.tally.events }
        let checkpoints = contents.results.reduce(0) { $0 + $1.tally.checkpoints }
        say("\(events) events, \(checkpoints) checkpoints looked at, seed \(seed)")
        if contents.isStopped { return }
        say(isGood ? "Every promise was kept." : "PROMISES WERE BROKEN.")
    }

    private func row(_ name: String, _ results: [Round.Result]) -> String {
        var tally = Tally()
        var struck = 0
        var survived = 0
        for result in results {
            tally += result.tally
            switch result.outcome {
            case .survived: (struck, survived) = (struck + 1, survived + 1)
            case .broken: struck += 1
            case .notPossible: break
            }
        }
        if struck == 0 { return "\(pad(name, 24))  not possible here" }
        let numbers = [
            (struck, 6), (survived, 8), (tally.acknowledged, 12), (tally.refused, 7), (tally.unknown, 7),
            (tally.settled, 7),
        ]
        return pad(name, 24) + "  " + numbers.map { pad(String($0.0), $0.1, left: true) }.joined(separator: "  ")
    }

    private static func json(_ result: Round.Result) -> String {
        let (outcome, violations): (String, [Violation]) =
            switch result.outcome {
            case .survived: ("survived", [])
            case .broken(let violations): ("broken", violations)
            case .notPossible: ("not possible", [])
            }
        let value: JSONValue = .object([
            "acknowledged": .integer(Int64(result.tally.acknowledged)), "detail": .string(result.detail),
            "events": .integer(Int64(result.tally.events)), "fault": .string(result.fault), "outcome": .string(outcome),
            "refused": .integer(Int64(result.tally.refused)), "round": .integer(Int64(result.number)),
            "seconds": .double(result.seconds), "settled": .integer(Int64(result.tally.settled)),
            "unknown": .integer(Int64(result.tally.unknown)),
            "violations": .array(violations.map { .string("\($0)") }),
        ])
        return String(decoding: value.canonicalBytes(), as: UTF8.self)
    }

    private func totals(_ contents: Contents) -> String {
        let value: JSONValue = .object([
            "good": .bool(isGood), "rounds": .integer(Int64(contents.results.count)), "seed": .string(String(seed)),
            "violations": .array(contents.whole.map { .string("\($0)") }),
        ])
        return String(decoding: value.canonicalBytes(), as: UTF8.self)
    }

    private func say(_ line: String) {
        guard !isJSON else { return }
        print(line)
        fflush(nil)
    }

    private func seconds(_ value: Double) -> String {
        "\(Int((value * 10).rounded()) / 10).\(Int((value * 10).rounded()) % 10) s"
    }

    private func pad(_ text: String, _ width: Int, left: Bool = false) -> String {
        let filling = String(repeating: " ", count: max(0, width - text.count))
        return left ? filling + text : text + filling
    }
}
