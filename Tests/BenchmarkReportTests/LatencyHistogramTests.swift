import BenchmarkReport
import Testing

struct LatencyHistogramTests {
    @Test(
        "One value comes back, exact to three digits",
        arguments: [0, 1, 999, 2_047, 2_048, 2_049, 4_096, 65_535, 123_456, 10_000_000, LatencyHistogram.maximum])
    func one(value: Int) {
        var histogram = LatencyHistogram()
        histogram.record(value)
        for share in [0, 0.5, 1] {
            let quantile = histogram.quantile(share)
            #expect(quantile >= value && Double(quantile - value) <= Double(value) / 1_000)
        }
    }

    @Test("What lies outside counts at the edge", arguments: [(-5, 0), (Int.max, LatencyHistogram.maximum)])
    func edges(value: Int, expected: Int) {
        var histogram = LatencyHistogram()
        histogram.record(value)
        #expect(histogram.quantile(1) == expected)
        #expect(histogram.count == 1)
    }

    @Test("Quantiles are those of the sorted values, merged or not")
    func quantiles() {
        var odd = LatencyHistogram()
        var even = LatencyHistogram()
        for value in 1...1_000 {
            if value.isMultiple(of: 2) { even.record(value) } else { odd.record(value) }
        }
        odd.merge(even)
        #expect(odd.count == 1_000)
        #expect([0.001, 0.5, 0.99, 0.999, 1].map(odd.quantile) == [1, 500, 990, 999, 1_000])
    }

    @Test("Every value lies in a bucket of its own size, in order, to the end")
    func buckets() {
        var last = -1
        var value = 0
        while value <= LatencyHistogram.maximum {
            var histogram = LatencyHistogram()
            histogram.record(value)
            let quantile = histogram.quantile(1)
            #expect(quantile >= value && quantile > last)
            last = quantile
            value = (quantile + 1) * 17 / 16
        }
    }

    @Test("Nothing recorded has no latency")
    func empty() {
        #expect(LatencyHistogram().quantile(0.5) == 0)
        #expect(LatencyHistogram().latency == nil)
    }
}
