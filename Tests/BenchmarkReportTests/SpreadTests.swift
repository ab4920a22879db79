import BenchmarkReport
import Testing

struct SpreadTests {
    @Test(
        "The median of an even number of rounds lies between the two in the middle",
        arguments: [
            ([3.0], 3.0), ([1.0, 3.0], 2.0), ([5.0, 1.0, 3.0], 3.0), ([4.0, 1.0, 3.0, 2.0], 2.5),
        ])
    func median(rounds: [Double], expected: Double) {
        #expect(Spread(rounds)?.median == expected)
        #expect(Spread(rounds)?.minimum == rounds.min())
        #expect(Spread(rounds)?.maximum == rounds.max())
    }

    @Test("Nothing measured has no spread")
    func empty() {
        #expect(Spread([]) == nil)
    }
}
