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

    static var erasingGateway: Self { GatewayTrait(options: TestGateway.Options(isErasing: true)) }
}

extension TestGateway {
    /// That of the suite, which must have the trait.
    static var shared: TestGateway {
        get throws { try #require(GatewayTrait.gateway, "the suite lacks .gateway") }
    }
}

// Two families of suites, each one after another, both at the same time: a suite has a service with its threads and
// connections, and the size of its log tells what a request has appended. Most of the time goes into commits.

/// What the service does.
@Suite("The gateway", .serialized, .timeLimit(.minutes(10)))
enum GatewayTests {}

/// Who and what it lets in.
@Suite("The entry to the gateway", .serialized, .timeLimit(.minutes(10)))
enum GatewayEntryTests {}
