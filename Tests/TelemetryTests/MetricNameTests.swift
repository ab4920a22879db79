import CoreMetrics
import Telemetry
import Testing

@Suite("Metric names and labels")
struct MetricNameTests {
    let registry = PrometheusRegistry()

    @Test(
        "names are made valid and carry prefix and unit once",
        arguments: [
            ("hits", "zentriq_hits_total"), ("zentriq_hits", "zentriq_hits_total"),
            ("hits_total", "zentriq_hits_total"),
            ("zentriq.http/requests-total", "zentriq_http_requests_total"), ("9lives", "zentriq_9lives_total"),
            ("a:b", "zentriq_a:b_total"), ("größe", "zentriq_gr__e_total"), ("", "zentriq__total"),
            ("a b\n", "zentriq_a_b__total"),
        ])
    func counterNames(label: String, name: String) throws {
        registry.makeCounter(label: label, dimensions: []).increment(by: 1)
        let exposed = try Exposition(registry.exposition())
        #expect(exposed.samples == [.init(name: name, labels: [:], value: 1)])
        #expect(exposed.types == [name: "counter"])
    }

    @Test("timers carry their unit once", arguments: ["took", "took.seconds", "zentriq_took_seconds"])
    func timerNames(label: String) throws {
        registry.makeTimer(label: label, dimensions: []).recordNanoseconds(1)
        #expect(try Exposition(registry.exposition()).value("zentriq_took_seconds_count") == 1)
    }

    @Test(
        "a label value survives whatever it holds",
        arguments: [
            "", "plain", #"quote " backslash \ both \""#, "line\nend", #"\n"#, "{a=\"b\"}", "Zoë €", "tab\t", "\\",
        ])
    func labelValues(value: String) throws {
        registry.makeCounter(label: "c", dimensions: [("path", value)]).increment(by: 1)
        #expect(try Exposition(registry.exposition()).value("zentriq_c_total", ["path": value]) == 1)
    }

    @Test(
        "label names are made valid and keep out of what Prometheus reserves",
        arguments: [
            ("http.method", "http_method"), ("9", "_9"), ("", "_"), ("a:b", "a_b"), ("le", "exported_le"),
            ("__name__", "exported___name__"),
        ])
    func labelNames(given: String, name: String) throws {
        registry.makeTimer(label: "t", dimensions: [(given, "x")]).recordNanoseconds(1)
        #expect(try Exposition(registry.exposition()).value("zentriq_t_seconds_count", [name: "x"]) == 1)
    }

    @Test("a label given twice is exposed once, with its first value")
    func repeatedLabel() throws {
        registry.makeCounter(label: "c", dimensions: [("a.b", "1"), ("a_b", "2")]).increment(by: 1)
        #expect(try Exposition(registry.exposition()).value("zentriq_c_total", ["a_b": "1"]) == 1)
    }

    @Test("help is the label the code used, on one line")
    func help() throws {
        registry.makeCounter(label: "two\nlines \\ \"q\"", dimensions: []).increment(by: 1)
        #expect(try Exposition(registry.exposition()).help.values.first == #"two\nlines \\ "q""#)
    }
}
