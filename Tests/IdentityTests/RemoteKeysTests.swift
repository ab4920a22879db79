import HTTPTypes
import Identity
import Logging
import Testing

@Suite struct RemoteKeysTests {
    private let clock = TestClock()

    /// - Parameter timeout: far beyond what a busy machine takes.
    private func keys(_ address: String, timeout: Duration = .seconds(600)) throws -> RemoteKeys {
        let clock = clock
        return try RemoteKeys(
            url: "\(address)/keys", timeout: timeout, clock: { clock.now },
            logger: Logger(label: "identity") { _ in SwiftLogNoOpLogHandler() })
    }

    @Test("many who need the first key share one fetch")
    func singleFlight() async throws {
        let key = try await TestKey.current
        let server = KeyServer(.body(key.jwks))
        try await server.run { address in
            let keys = try keys(address)
            #expect(keys.current.isEmpty)
            try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<50 { group.addTask { try await keys.key(key.keyID).keyID } }
                for try await found in group { #expect(found == key.keyID) }
            }
            #expect(server.requests == ["/keys"])
        }
    }

    @Test("the fetch goes on when the caller that began it is cancelled")
    func cancelledCaller() async throws {
        let key = try await TestKey.current
        let server = KeyServer(.body(key.jwks))
        try await server.run { address in
            let keys = try keys(address)
            await withTaskGroup(of: Void.self) { group in
                group.addTask { _ = await keys.warmUp() }
                group.cancelAll()
            }
            #expect(try await keys.key(key.keyID).keyID == key.keyID)
            #expect(server.requests.count == 1)
        }
    }

    @Test("an unknown key is asked for at most every five minutes")
    func spacing() async throws {
        let server = KeyServer(.body(try await TestKey.current.jwks))
        try await server.run { address in
            let keys = try keys(address)
            #expect(await keys.warmUp())
            for (advance, requests) in [(0, 1), (299, 1), (1, 2), (0, 2), (300, 3)] as [(Int64, Int)] {
                clock.advance(seconds: advance)
                await #expect(throws: TokenError.unknownKey) { try await keys.key("other") }
                #expect(server.requests.count == requests)
            }
        }
    }

    @Test("a new key is found, and the key it replaces is no longer good")
    func rotation() async throws {
        let old = try await Forge()
        let new = try await Forge(.successor)
        let server = KeyServer(.body(old.key.jwks))
        try await server.run { address in
            let keys = try keys(address)
            let verifier = TokenVerifier(
                configuration: try Forge.configuration(), keys: keys, clock: { [clock] in clock.now })
            let token = try old.user()
            let principal = try await verifier.verify(token)
            #expect(verifier.cached(token) == principal)

            server.publish(.body(new.key.jwks))
            clock.advance(seconds: 300)
            #expect(verifier.cached(token) == principal)
            #expect(try await verifier.verify(new.user()) == principal)

            #expect(verifier.cached(token) == nil)
            await #expect(throws: TokenError.unknownKey) { try await verifier.verify(token) }
        }
    }

    @Test("a set of keys is fetched again after a day, and the last good one is kept if that fails")
    func lastGoodKept() async throws {
        let key = try await TestKey.current
        let server = KeyServer(.body(key.jwks))
        try await server.run { address in
            let keys = try keys(address)
            _ = try await keys.key(key.keyID)
            clock.advance(seconds: 24 * 3_600 - 1)
            _ = try await keys.key(key.keyID)
            #expect(server.requests.count == 1)

            server.publish(.status(.internalServerError))
            clock.advance(seconds: 1)
            #expect(try await keys.key(key.keyID).keyID == key.keyID)
            #expect(server.requests.count == 2)
            await #expect(throws: TokenError.keysUnavailable) { try await keys.key("other") }
            #expect(server.requests.count == 2)

            server.publish(.body(key.jwks))
            clock.advance(seconds: 300)
            await #expect(throws: TokenError.unknownKey) { try await keys.key("other") }
            #expect(server.requests.count == 3)
        }
    }

    @Test("without any key the next attempt comes after ten seconds")
    func noKeysYet() async throws {
        let key = try await TestKey.current
        let server = KeyServer(.status(.serviceUnavailable))
        try await server.run { address in
            let keys = try keys(address)
            #expect(await keys.warmUp() == false)
            server.publish(.body(key.jwks))
            clock.advance(seconds: 9)
            await #expect(throws: TokenError.keysUnavailable) { try await keys.key(key.keyID) }
            #expect(server.requests.count == 1)
            clock.advance(seconds: 1)
            _ = try await keys.key(key.keyID)
            #expect(server.requests.count == 2)
        }
    }

    @Test(
        "an answer that is not a key set gives no keys",
        arguments: [
            .status(.notFound), .status(.noContent), .body(""), .body("{}"), .body(#"{"keys":[]}"#),
            .body(String(repeating: " ", count: 256 * 1_024 + 1)), .redirect(to: "/elsewhere"),
        ] as [KeyServer.Answer])
    func badAnswers(answer: KeyServer.Answer) async throws {
        let server = KeyServer(answer)
        try await server.run { address in
            let keys = try keys(address)
            await #expect(throws: TokenError.keysUnavailable) { try await keys.key("any") }
            #expect(server.requests == ["/keys"])
        }
    }

    @Test("an answer that never ends is given up", .timeLimit(.minutes(10)))
    func trickle() async throws {
        let server = KeyServer(.trickle)
        try await server.run { address in
            let keys = try keys(address, timeout: .seconds(1))
            await #expect(throws: TokenError.keysUnavailable) { try await keys.key("any") }
        }
    }

    @Test("a server that is not there gives no keys")
    func nobodyThere() async throws {
        let keys = try keys("http://127.0.0.1:1", timeout: .seconds(2))
        await #expect(throws: TokenError.keysUnavailable) { try await keys.key("any") }
    }

    @Test(
        "keys are never fetched in the clear from another machine",
        arguments: [
            "http://login.microsoftonline.com/keys", "http://127.0.0.1.example.com/keys", "ftp://127.0.0.1/keys",
            "file:///etc/hostname", "login.microsoftonline.com", "",
        ])
    func address(url: String) throws {
        #expect(throws: KeyAddressError.self) {
            try RemoteKeys(url: url, clock: { 0 }, logger: Logger(label: "identity"))
        }
    }

    @Test("the published address of Entra is accepted")
    func entraAddress() throws {
        _ = try RemoteKeys(
            url: IdentityConfiguration.entraKeysURL, clock: { 0 }, logger: Logger(label: "identity"))
    }
}
