import Metrics

/// What happens to the connections of one listener.
struct ConnectionMetrics: Sendable {
    private let open = Meter(label: "http_server_connections_open")
    private let cut: [ConnectionPhases.Phase: Counter]
    private let malformed = Counter(label: "http_server_malformed_requests_total")

    init() {
        let names: [(ConnectionPhases.Phase, String)] = [
            (.handshake, "handshake"), (.idle, "idle"), (.head, "head"), (.body, "body"), (.response, "response"),
            (.lingering, "lingering"),
        ]
        cut = Dictionary(
            uniqueKeysWithValues: names.map { phase, name in
                (phase, Counter(label: "http_server_connections_timed_out_total", dimensions: [("phase", name)]))
            })
    }

    func opened() { open.increment() }

    func closed() { open.decrement() }

    func timedOut(in phase: ConnectionPhases.Phase) { cut[phase]?.increment() }

    func refusedMalformed() { malformed.increment() }
}
