import CanonicalJSON
import Edge
import EventStore
import Foundation
import HTTPTypes
import Hummingbird
import Identity
import LogTesting
import Testing

@testable import Gateway

extension GatewayEntryTests {
    @Suite("Step-up authentication", .gateway)
    struct RecentAuthenticationTests {
        private let gateway: TestGateway

        init() throws {
            gateway = try TestGateway.shared
        }

        @Test("a sign-in is recent for 300 seconds, by the gateway's clock, and however often the token came before")
        func boundary() async throws {
            let authenticator = authenticator()
            let token = try await token(authenticatedAgo: 0)
            let caller = try await caller(token, authenticator)
            guard case .user(_, _, _, let time?) = caller else {
                Issue.record("no time of the sign-in")
                return
            }
            for seconds: Int64 in [-60, 0, 299, 300] {
                try caller.requireRecentAuthentication(now: time.adding(seconds: seconds))
            }
            for microseconds: Int64 in [300_000_001, 301_000_000, 3_600_000_000] {
                try expectChallenge { () throws(ProblemDetails) in
                    try caller.requireRecentAuthentication(
                        now: EventTime(microseconds: time.microseconds + microseconds))
                }
            }

            // The clock itself goes on, and the token comes out of the cache.
            gateway.clock.advance(seconds: 298)
            let cached = try await self.caller(token, authenticator)
            #expect(authenticator.verifier.cachedCount == 1)
            try cached.requireRecentAuthentication(now: gateway.clock.wallClock.now())
            gateway.clock.advance(seconds: 3)
            let later = try await self.caller(token, authenticator)
            #expect(authenticator.verifier.cachedCount == 1)
            try expectChallenge { () throws(ProblemDetails) in
                try later.requireRecentAuthentication(now: gateway.clock.wallClock.now())
            }
        }

        @Test("a token that does not tell when somebody signed in, or that it is long ago, is not enough")
        func notRecent() async throws {
            for ago: Int64? in [nil, 302, 86_400] {
                let caller = try await caller(try await token(authenticatedAgo: ago), authenticator())
                try expectChallenge { () throws(ProblemDetails) in
                    try caller.requireRecentAuthentication(now: gateway.clock.wallClock.now())
                }
            }
            let caller = try await caller(try await token(authenticatedAgo: -30), authenticator())
            try caller.requireRecentAuthentication(now: gateway.clock.wallClock.now())
        }

        @Test("a sign-in that lies in the future is no token at all")
        func future() async throws {
            let answer = try await gateway.get(
                "/v1/captures?product=punchout", token: try await token(authenticatedAgo: -62))
            expect(answer, is: 401, "unauthorized")
        }

        @Test("an application can't sign in again")
        func application() async throws {
            let caller = try await caller(try await gateway.identity.application("privacy"), authenticator())
            let problem = #expect(throws: ProblemDetails.self) {
                try caller.requireRecentAuthentication(now: gateway.clock.wallClock.now())
            }
            #expect(problem?.kind == .forbidden)
        }

        private func expectChallenge(_ body: () throws(ProblemDetails) -> Void) throws {
            let problem = try #require(#expect(throws: ProblemDetails.self) { try body() })
            #expect(problem.kind == .reauthenticationRequired)
            #expect(problem.status.code == 401)
            #expect(problem.extensions["max_age"] == .integer(300))
            #expect(
                problem.headers[.wwwAuthenticate] == """
                    Bearer realm="zentriq", error="insufficient_user_authentication", \
                    error_description="A sign-in within the last 300 seconds is required.", max_age="300"
                    """)
        }

        private func token(authenticatedAgo seconds: Int64?) async throws -> String {
            try await gateway.identity.issuer.userToken(
                tenant: UUID(), subject: UUID(), scopes: ["credits"], client: TestIdentity.extensionClient,
                authenticatedAgoSeconds: seconds)
        }

        private func authenticator() -> Authenticator {
            Authenticator(
                verifier: TokenVerifier(
                    configuration: gateway.identity.configuration, keys: gateway.identity.keys,
                    clock: { [clock = gateway.clock] in clock.now }),
                configuration: gateway.identity.configuration,
                people: KnownPeople(directory: gateway.platform.subjects, ledger: gateway.platform.ledger))
        }

        private func caller(_ token: String, _ authenticator: Authenticator) async throws -> Caller {
            let head = HTTPRequest(
                method: .get, scheme: nil, authority: nil, path: "/", headerFields: [.authorization: "Bearer \(token)"])
            let request = Request(head: head, body: .init(buffer: .init()))
            return try await authenticator.caller(
                try await authenticator.principal(of: request, logger: gateway.logs.logger))
        }
    }
}
