import Foundation
import Postgres
import PostgresTesting

@testable import EventStore

extension TestLog {
    /// A log in a server of its own, which the test may stop and kill.
    static func withCluster(_ body: (TestLog, PrivateCluster) async throws -> Void) async throws {
        try await PrivateCluster.with { cluster in
            let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent().deletingLastPathComponent()
            let owner = try await PostgresConnection.connect(cluster.configuration(role: .owner))
            let result: Result<Void, any Error>
            do {
                _ = try await Migrator(directory: folder.appending(path: "schema").path).migrate(on: owner)
                result = .success(())
            } catch { result = .failure(error) }
            await owner.close()
            try result.get()
            try await body(try await make { try cluster.configuration(role: $0) }, cluster)
        }
    }
}
