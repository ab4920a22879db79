import Postgres
import PostgresTesting
import Testing
import TransparencyLog

@testable import EventStore

/// Whoever has the gateway's password may append whatever they like. What they have appended, our key does not sign.
@Suite("A head that the log's key has not signed", .timeLimit(.minutes(10)))
struct ForeignHeadTests {
    enum Forgery: CaseIterable {
        /// The checkpoint of the size before.
        case older
        case unsigned
        /// By a key of the same name.
        case otherKey
        /// A true checkpoint, and a tree that it is not of.
        case otherTree
    }

    @Test("is not gone on from, by a service at work and by one that starts", arguments: Forgery.allCases)
    func refused(forgery: Forgery) async throws {
        let log = try await TestLog.make()
        let tenant = TenantID.random()
        try await log.withSequencer { sequencer in
            _ = try await sequencer.submit(.add(of: tenant))
            let database = try await log.database()
            try await Self.forge(forgery, log, tenant, on: database)
            await database.connection.close()
            let forged = try await log.withReader { try await $0.head() }.nextPosition
            await #expect(throws: LogError.unavailable) { _ = try await sequencer.submit(.add(of: tenant)) }
            #expect(try await log.withReader { try await $0.head() }.nextPosition == forged)
        }
        await #expect(throws: LogError.foreignHead) {
            try await log.withReader(.gateway) { try await $0.createLog(signer: log.signer) }
        }
    }

    private static func forge(
        _ forgery: Forgery, _ log: TestLog, _ tenant: TenantID, on database: LogDatabase
    ) async throws {
        var batch = try await log.planned([.add(of: tenant)], on: database).batch
        func checkpoint(_ signer: LogSigner) throws -> String {
            String(
                decoding: try signer.checkpoint(size: batch.next.tree.size, root: batch.next.root).encoded(),
                as: UTF8.self)
        }
        switch forgery {
        case .older: batch.next.checkpoint = batch.expected.checkpoint
        case .unsigned: batch.next.checkpoint = ""
        case .otherKey:
            batch.next.checkpoint = try checkpoint(
                LogSigner(NoteSigner(name: KeyName(log.origin), seed: [UInt8](repeating: 8, count: 32))))
        case .otherTree:
            batch.next.checkpoint = try checkpoint(log.signer)
            var tree = CompactRange()
            for entry in 0..<batch.next.tree.size {
                tree.append(MerkleTree.leafHash(of: [UInt8(truncatingIfNeeded: entry)]))
            }
            (batch.next.tree, batch.next.root) = (tree, tree.root())
        }
        #expect(try await database.append(batch, committing: false) == .appended)
    }
}
