import CoreMetrics
import Telemetry
import Testing

@Suite("Prometheus registry")
struct PrometheusRegistryTests {
    let registry = PrometheusRegistry()

    @Test("an empty registry exposes nothing")
    func empty() {
        #expect(registry.exposition().isEmpty)
    }

    @Test("the exposition is exactly this text")
    func exactText() {
        registry.makeMeter(label: "log.size", dimensions: [("log", "main")]).set(12.5)
        registry.makeCounter(label: "appends", dimensions: []).increment(by: 3)
        registry.makeCounter(label: "http.requests", dimensions: [("status", "404"), ("method", "GET")]).increment(
            by: 1)
        registry.makeCounter(label: "http.requests", dimensions: [("method", "GET"), ("status", "200")]).increment(
            by: 2)
        let expected = """
            # HELP zentriq_appends_total appends
            # TYPE zentriq_appends_total counter
            zentriq_appends_total 3
            # HELP zentriq_http_requests_total http.requests
            # TYPE zentriq_http_requests_total counter
            zentriq_http_requests_total{method="GET",status="200"} 2
            zentriq_http_requests_total{method="GET",status="404"} 1
            # HELP zentriq_log_size log.size
            # TYPE zentriq_log_size gauge
            zentriq_log_size{log="main"} 12.5

            """
        #expect(registry.exposition() == expected)
        #expect(registry.exposition() == expected)
    }

    @Test("counters add whole and fractional steps, and never fall")
    func counters() throws {
        let counter = registry.makeCounter(label: "c", dimensions: [])
        counter.increment(by: 5)
        counter.increment(by: 0)
        counter.increment(by: -3)
        registry.makeCounter(label: "c", dimensions: []).increment(by: 1)
        #expect(try exposed().value("zentriq_c_total") == 6)
        let fractional = registry.makeFloatingPointCounter(label: "c", dimensions: [])
        for step in [0.25, -1, .nan, .infinity] { fractional.increment(by: step) }
        #expect(try exposed().value("zentriq_c_total") == 6.25)
        counter.reset()
        #expect(try exposed().value("zentriq_c_total") == 0)
    }

    @Test("gauges keep the last value and move both ways")
    func gauges() throws {
        let meter = registry.makeMeter(label: "g", dimensions: [])
        meter.set(Int64(10))
        meter.increment(by: 2.5)
        meter.decrement(by: 20)
        #expect(try exposed().value("zentriq_g") == -7.5)
        let recorder = registry.makeRecorder(label: "g", dimensions: [], aggregate: false)
        recorder.record(Int64(4))
        #expect(try exposed().value("zentriq_g") == 4)
        recorder.record(0.1)
        #expect(try exposed().value("zentriq_g") == 0.1)
        #expect(try exposed().types["zentriq_g"] == "gauge")
    }

    @Test(
        "values that are no finite numbers have the format's own names",
        arguments: [
            (Double.nan, "NaN"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (-0.0, "0"), (1e300, "1e+300"), (3, "3"),
        ])
    func values(value: Double, text: String) {
        registry.makeMeter(label: "v", dimensions: []).set(value)
        #expect(registry.exposition().hasSuffix("\nzentriq_v \(text)\n"))
    }

    @Test("what swift-metrics makes ends up here")
    func frontEnd() throws {
        Counter(label: "front.counter", factory: registry).increment(by: 2)
        FloatingPointCounter(label: "front.floating", factory: registry).increment(by: 0.5)
        Gauge(label: "front.gauge", factory: registry).record(7)
        Meter(label: "front.meter", factory: registry).set(8)
        Timer(label: "front.timer", factory: registry).recordMilliseconds(20)
        Recorder(label: "front.recorder", factory: registry).record(9)
        let exposed = try exposed()
        #expect(exposed.value("zentriq_front_counter_total") == 2)
        #expect(exposed.value("zentriq_front_floating_total") == 0.5)
        #expect(exposed.value("zentriq_front_gauge") == 7)
        #expect(exposed.value("zentriq_front_meter") == 8)
        #expect(exposed.value("zentriq_front_timer_seconds_sum") == 0.02)
        #expect(exposed.value("zentriq_front_recorder_bucket", ["le": "10"]) == 1)
        #expect(exposed.value("zentriq_front_recorder_bucket", ["le": "5"]) == 0)
    }

    @Test("a destroyed handler leaves its series")
    func destroyed() throws {
        let counter = Counter(label: "kept", factory: registry)
        counter.increment()
        counter.destroy()
        Counter(label: "kept", factory: registry).increment()
        #expect(try exposed().value("zentriq_kept_total") == 2)
    }

    @Test("a name taken by another kind is not exposed twice; the refusal is counted")
    func conflicts() throws {
        registry.makeCounter(label: "taken", dimensions: []).increment(by: 1)
        registry.makeMeter(label: "taken.total", dimensions: []).set(5.0)
        registry.makeMeter(label: "level", dimensions: []).set(2.0)
        registry.makeRecorder(label: "level", dimensions: [], aggregate: true).record(Int64(5))
        let exposed = try exposed()
        #expect(exposed.value("zentriq_taken_total") == 1)
        #expect(exposed.value("zentriq_level") == 2)
        #expect(exposed.value("zentriq_telemetry_conflicts_total") == 2)
    }

    @Test("every increment from every thread is counted")
    func concurrency() async throws {
        let registry = self.registry
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for step in 0..<2_000 {
                        registry.makeCounter(label: "hits", dimensions: [("task", "\(task % 2)")]).increment(by: 1)
                        registry.makeFloatingPointCounter(label: "halves", dimensions: []).increment(by: 0.5)
                        registry.makeTimer(label: "took", dimensions: []).recordNanoseconds(Int64(step) * 1_000_000)
                        if step.isMultiple(of: 500) { _ = registry.exposition() }
                    }
                }
            }
        }
        let exposed = try exposed()
        #expect(exposed.value("zentriq_hits_total", ["task": "0"]) == 8_000)
        #expect(exposed.value("zentriq_hits_total", ["task": "1"]) == 8_000)
        #expect(exposed.value("zentriq_halves_total") == 8_000)
        #expect(exposed.value("zentriq_took_seconds_count") == 16_000)
    }

    @Test("beyond the limit new series share one, and nothing is lost")
    func seriesLimit() throws {
        for index in 0..<1_300 {
            registry.makeCounter(label: "many", dimensions: [("id", "\(index)")]).increment(by: 1)
        }
        registry.makeCounter(label: "many", dimensions: [("id", "7")]).increment(by: 1)
        let exposed = try exposed()
        let series = exposed.samples.filter { $0.name == "zentriq_many_total" }
        #expect(series.count == 1_001)
        #expect(exposed.value("zentriq_many_total", ["overflow": "true"]) == 300)
        #expect(exposed.value("zentriq_many_total", ["id": "7"]) == 2)
        #expect(series.reduce(0) { $0 + $1.value } == 1_301)
    }

    private func exposed() throws -> Exposition {
        try Exposition(registry.exposition())
    }
}
