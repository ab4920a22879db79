import Identity
import Testing

@Suite struct TokenCacheTests {
    @Test("a verified token is remembered until it expires, and not a moment longer")
    func expiry() async throws {
        let clock = TestClock()
        let forge = try await Forge()
        let verifier = try await forge.verifier(clock)
        let token = try forge.user()
        #expect(verifier.cached(token) == nil)

        let principal = try await verifier.verify(token)
        #expect(verifier.cached(token) == principal)
        clock.advance(seconds: 3_599)
        #expect(verifier.cached(token) == principal)
        clock.advance(seconds: 1)
        #expect(verifier.cached(token) == nil)
    }

    @Test("a token in its tolerated minute is verified each time")
    func toleratedMinute() async throws {
        let clock = TestClock()
        let forge = try await Forge()
        let verifier = try await forge.verifier(clock)
        let token = try forge.user()
        clock.advance(seconds: 3_630)
        _ = try await verifier.verify(token)
        #expect(verifier.cached(token) == nil)
        #expect(verifier.cachedCount == 0)
    }

    @Test("another token of the same person is another entry")
    func byToken() async throws {
        let forge = try await Forge()
        let verifier = try await forge.verifier(TestClock())
        _ = try await verifier.verify(forge.user(["uti": #""1""#]))
        #expect(verifier.cached(try forge.user(["uti": #""2""#])) == nil)
    }

    @Test("a full cache forgets the oldest token")
    func bound() async throws {
        let forge = try await Forge()
        let verifier = try await forge.verifier(TestClock(), maximumCachedTokens: 3)
        let tokens = try (0..<10).map { try forge.user(["uti": "\"\($0)\""]) }
        for (index, token) in tokens.enumerated() {
            _ = try await verifier.verify(token)
            #expect(verifier.cachedCount == min(index + 1, 3))
        }
        #expect(tokens.map { verifier.cached($0) != nil } == (0..<10).map { $0 >= 7 })
    }

    @Test("a full cache forgets expired tokens before older ones that are good")
    func expiredFirst() async throws {
        let clock = TestClock()
        let forge = try await Forge()
        let verifier = try await forge.verifier(clock, maximumCachedTokens: 3)
        let old = try forge.user(["uti": #""old""#])
        let brief = try forge.user(["uti": #""brief""#, "exp": "\(TestClock.startSeconds + 10)"])
        let other = try forge.user(["uti": #""other""#])
        for token in [old, brief, other] { _ = try await verifier.verify(token) }

        clock.advance(seconds: 10)
        let new = try forge.user(["uti": #""new""#])
        _ = try await verifier.verify(new)
        #expect([old, brief, other, new].map { verifier.cached($0) != nil } == [true, false, true, true])
    }

    @Test("many tasks may verify the same tokens at once")
    func concurrency() async throws {
        let forge = try await Forge()
        let verifier = try await forge.verifier(TestClock(), maximumCachedTokens: 4)
        let tokens = try (0..<8).map { try forge.user(["uti": "\"\($0)\""]) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for token in tokens + tokens + tokens { group.addTask { _ = try await verifier.verify(token) } }
            try await group.waitForAll()
        }
        #expect(verifier.cachedCount == 4)
    }
}
