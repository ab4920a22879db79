import Testing

/// Gives a suite a service of its own, which its tests share one after another.
struct GatewayTrait: SuiteTrait, TestScoping {
    @TaskLocal static var gateway: TestGateway?

    var options = TestGateway.Options()

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await withoutActuallyEscaping(function) { function in
            try await TestGateway.with(options) { gateway in
                try await Self.$gateway.withValue(gateway) { try await function() }
            }
        }
    }
}

extension Trait where Self == GatewayTrait {
    static var gateway: Self { GatewayTrait() }
}

extension TestGateway {
    /// That of the suite, which must have the trait.
    static var shared: TestGateway {
        get throws { try #require(GatewayTrait.gateway, "the suite lacks .gateway") }
    }
}

/// All tests that need the service. One after another: each has a service with its threads and connections, and the
/// size of the log tells what a request has appended.
@Suite("The gateway", .serialized, .timeLimit(.minutes(2)))
enum GatewayTests {}
