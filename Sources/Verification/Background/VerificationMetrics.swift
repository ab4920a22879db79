import CoreMetrics
import EventStore

/// What the background verification tells about itself. The age is that of the last whole pass; before the first has
/// ended, it is counted from the start of the service.
struct VerificationMetrics: Sendable {
    private let age = Gauge(label: "verification_age_seconds")
    private let position = Gauge(label: "verification_position")
    private let findings = Gauge(label: "verification_findings")

    func record(_ status: VerificationStatus, started: EventTime, now: EventTime) {
        let values = status.values
        let since = values.lastCompleted ?? started
        age.record(max(0, now.microseconds - since.microseconds) / 1_000_000)
        position.record(values.position.rawValue)
        findings.record(values.findings.count)
    }
}
