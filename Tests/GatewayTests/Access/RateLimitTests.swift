import CanonicalJSON
import Edge
import Foundation
import HTTPTypes
import Testing

extension GatewayEntryTests {
    @Suite("Rate limit", GatewayTrait(options: .init(limits: .init(requestsPerSecond: 1, burst: 5))))
    struct RateLimitTests {
        private let gateway: TestGateway
        private let path = "/v1/credits/balance?product=punchout"

        init() throws {
            gateway = try TestGateway.shared
        }

        @Test("a tenant that has used up its burst waits; another one does not")
        func burst() async throws {
            let tenant = UUID()
            let token = try await gateway.identity.user(of: tenant)
            // Another person of the same tenant shares its count.
            let colleague = try await gateway.identity.user(of: tenant)
            var answers: [Answer] = []
            repeat {
                answers.append(try await gateway.get(path, token: answers.count % 2 == 0 ? token : colleague))
            } while answers.last?.status == 200 && answers.count < 50
            #expect(answers.count >= 6)
            for answer in answers {
                #expect(answer.headers[.rateLimitPolicy] == "\"tenant\";q=5;w=5")
                #expect(answer.headers[.rateLimit] != nil)
            }
            #expect(answers.first?.headers[.rateLimit]?.hasPrefix("\"tenant\";r=4;t=") == true)
            let refused = try #require(answers.last)
            expect(refused, is: 429, "rate-limited")
            #expect(refused.headers[.retryAfter] == "1")
            #expect(refused.headers[.rateLimit] == "\"tenant\";r=0;t=1")

            let other = try await gateway.identity.user(of: UUID())
            #expect(try await gateway.get(path, token: other).status == 200)
        }

        @Test("a refused request says what is left, too")
        func refusals() async throws {
            let token = try await gateway.identity.user(of: UUID())
            let wrong = try await gateway.get("/v1/credits/balance", token: token)
            expect(wrong, is: 422)
            #expect(wrong.headers[.rateLimit] != nil)
            let forbidden = try await gateway.post("/v1/grants", [:], token: token)
            expect(forbidden, is: 403)
            #expect(forbidden.headers[.rateLimit] != nil)
        }

        @Test("who is refused at the door is not counted, nor told of limits")
        func unauthenticated() async throws {
            for _ in 0..<20 {
                let answer = try await gateway.get(path, token: "garbage")
                expect(answer, is: 401)
                #expect(answer.headers[.rateLimit] == nil)
            }
        }

        @Test("a person over the limit is not even registered")
        func noRegistration() async throws {
            let tenant = UUID()
            while true {
                let newcomer = try await gateway.identity.user(of: tenant)
                let before = try await gateway.logSize()
                let answer = try await gateway.get(path, token: newcomer)
                guard answer.status == 429 else { continue }
                #expect(try await gateway.logSize() == before)
                return
            }
        }
    }
}
