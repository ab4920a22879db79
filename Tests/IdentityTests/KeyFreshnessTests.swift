import Testing

@testable import Identity

@Suite struct KeyFreshnessTests {
    @Test("while one fetch runs, everyone joins it")
    func joins() async throws {
        var freshness = KeyFreshness()
        guard case .fetch = freshness.need(for: "any", at: 0) else {
            Issue.record("no fetch")
            return
        }
        let fetch = freshness.begin(Task {}, at: 0)
        for keyID in ["any", "other", nil] {
            guard case .join(let joined) = freshness.need(for: keyID, at: 1_000_000_000) else {
                Issue.record("not joined")
                return
            }
            #expect(joined == fetch)
        }
    }

    @Test("a clock that was set back does not stop the fetching")
    func clockSetBack() async throws {
        var freshness = KeyFreshness()
        _ = freshness.begin(Task {}, at: 1_000_000_000)
        freshness.failed()
        guard case .fetch = freshness.need(for: "any", at: 0) else {
            Issue.record("no fetch")
            return
        }
    }
}
