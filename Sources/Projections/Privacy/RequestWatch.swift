import Billing
package import EventStore
package import Foundation
package import Logging
import Metrics
import ServiceLifecycle

/// Looks that no request is forgotten: tells in the metrics how many are open, due soon and overdue, and in the log, a
/// week and a day before a request is due and when it is overdue.
package struct RequestWatch: Service {
    /// A reminder, by how long before the request is due it comes.
    package enum Reminder: Int64, Sendable, CaseIterable, Comparable {
        case overdue = 0
        case day = 1
        case week = 7

        var seconds: Int64 { rawValue * 86_400 }

        package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

        /// The most urgent one that applies.
        package static func of(due: EventTime, now: EventTime) -> Reminder? {
            allCases.sorted().first { due.adding(seconds: -$0.seconds) <= now }
        }
    }

    package static let pause = Duration.seconds(60)
    /// Requests that are looked at in a pass, the most urgent ones.
    package static let maximumReminders = 1_000

    private let register: RequestRegister
    private let clock: WallClock
    private let logger: Logger
    private let open = Gauge(label: "privacy_requests_open")
    private let overdue = Gauge(label: "privacy_requests_overdue")
    private let dueSoon = Gauge(label: "privacy_requests_due_within_a_week")

    package init(register: RequestRegister, clock: WallClock, logger: Logger) {
        self.register = register
        self.clock = clock
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            var reminded: [UUID: Reminder] = [:]
            while !Task.isCancelled {
                do {
                    reminded = try await self.pass(after: reminded)
                } catch is CancellationError {
                    return
                } catch {
                    guard !Task.isCancelled else { return }
                    self.logger.warning("the register of requests can't be read", metadata: ["error": "\(error)"])
                }
                try? await Task.sleep(for: Self.pause)
            }
        }
    }

    /// - Parameter reminded: what was said already, by this process.
    /// - Returns: the same after this pass. Requests that have ended are forgotten.
    package func pass(after reminded: [UUID: Reminder]) async throws -> [UUID: Reminder] {
        let now = clock.now()
        let counts = try await register.counts(now: now)
        let due = try await register.open(
            dueBy: now.adding(seconds: Reminder.week.seconds), limit: Self.maximumReminders)
        open.record(counts.open)
        overdue.record(counts.overdue)
        dueSoon.record(due.count { !$0.isOverdue(at: now) })
        var saidNow: [UUID: Reminder] = [:]
        for entry in due {
            guard let reminder = Reminder.of(due: entry.request.due, now: now) else { continue }
            saidNow[entry.request.id] = reminder
            guard reminded[entry.request.id] != reminder else { continue }
            logger.log(
                level: reminder == .overdue ? .error : .warning, Self.message(reminder),
                metadata: [
                    "request": "\(entry.request.id.lowercaseText)", "kind": "\(entry.request.kind.rawValue)",
                    "due": "\(entry.request.due.text)",
                ])
        }
        return saidNow
    }

    private static func message(_ reminder: Reminder) -> Logger.Message {
        switch reminder {
        case .overdue: "a privacy request is overdue"
        case .day: "a privacy request is due within a day"
        case .week: "a privacy request is due within a week"
        }
    }
}
