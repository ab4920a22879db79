import CoreMetrics
import Telemetry
import Testing

@Suite("Histograms")
struct HistogramTests {
    let registry = PrometheusRegistry()

    @Test("a histogram without observations is the exact text of zeros")
    func exactText() {
        _ = registry.makeTimer(label: "t", dimensions: [("a", "b")])
        let bounds = [
            "0.001", "0.0025", "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf",
        ]
        let buckets = bounds.map { #"zentriq_t_seconds_bucket{a="b",le="\#($0)"} 0"# + "\n" }.joined()
        let expected =
            "# HELP zentriq_t_seconds t\n# TYPE zentriq_t_seconds histogram\n\(buckets)"
            + #"zentriq_t_seconds_sum{a="b"} 0"# + "\n" + #"zentriq_t_seconds_count{a="b"} 0"# + "\n"
        #expect(registry.exposition() == expected)
    }

    @Test(
        "a duration counts in the first bucket whose bound it does not exceed",
        arguments: [
            (0, "0.001"), (-5, "0.001"), (1, "0.001"), (1_000_000, "0.001"), (1_000_001, "0.0025"),
            (2_500_000, "0.0025"),
            (99_999_999, "0.1"), (100_000_000, "0.1"), (100_000_001, "0.25"), (1_000_000_000, "1"),
            (9_999_999_999, "10"),
            (10_000_000_000, "10"), (10_000_000_001, "+Inf"), (.max, "+Inf"),
        ] as [(Int64, String)])
    func bounds(nanoseconds: Int64, bound: String) throws {
        registry.makeTimer(label: "t", dimensions: []).recordNanoseconds(nanoseconds)
        let buckets = try Exposition(registry.exposition()).samples.filter { $0.name == "zentriq_t_seconds_bucket" }
        #expect(buckets.first { $0.value == 1 }?.labels["le"] == bound)
    }

    @Test("buckets are cumulative, the last equals the count, the sum is in seconds")
    func cumulative() throws {
        let timer = registry.makeTimer(label: "t", dimensions: [])
        for milliseconds: Int64 in [1, 2, 20, 20, 300, 4_000, 60_000] {
            timer.recordNanoseconds(milliseconds * 1_000_000)
        }
        let exposed = try Exposition(registry.exposition())
        let buckets = exposed.samples.filter { $0.name == "zentriq_t_seconds_bucket" }.map(\.value)
        #expect(buckets == [1, 2, 2, 2, 4, 4, 4, 4, 5, 5, 5, 6, 6, 7])
        #expect(exposed.value("zentriq_t_seconds_count") == 7)
        let sum = try #require(exposed.value("zentriq_t_seconds_sum"))
        #expect(abs(sum - 64.343) < 1e-9)
    }

    @Test("recorded values have buckets of their own, and what is no number is left out")
    func recorder() throws {
        let recorder = registry.makeRecorder(label: "batch", dimensions: [], aggregate: true)
        for value in [1, 3, 100, 20_000, Double.nan, .infinity] { recorder.record(value) }
        recorder.record(Int64(500))
        let exposed = try Exposition(registry.exposition())
        #expect(exposed.value("zentriq_batch_bucket", ["le": "1"]) == 1)
        #expect(exposed.value("zentriq_batch_bucket", ["le": "5"]) == 2)
        #expect(exposed.value("zentriq_batch_bucket", ["le": "10000"]) == 4)
        #expect(exposed.value("zentriq_batch_bucket", ["le": "+Inf"]) == 5)
        #expect(exposed.value("zentriq_batch_sum") == 20_604)
    }
}
