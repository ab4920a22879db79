import Foundation
import Postgres
import PostgresTesting
import Testing

/// Gives a suite a server of its own, made before its first test and destroyed after its last, to be stopped and killed.
struct OwnCluster: SuiteTrait, TestScoping {
    @TaskLocal private static var current: PrivateCluster?

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await PrivateCluster.with { cluster in
            try await cluster.migrate()
            try await Self.$current.withValue(cluster) { try await function() }
        }
    }

    /// A new log on the suite's server.
    static func log() async throws -> (TestLog, PrivateCluster) {
        let cluster = try #require(current)
        return (try await TestLog.make { try cluster.configuration(role: $0) }, cluster)
    }
}

extension SuiteTrait where Self == OwnCluster {
    static var ownCluster: OwnCluster { OwnCluster() }
}
