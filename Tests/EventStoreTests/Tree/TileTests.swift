import Foundation
import Postgres
import PostgresTesting
import Testing
import TransparencyLog

@testable import EventStore

@Suite("Tiles", .serialized, .timeLimit(.minutes(10)))
struct TileTests {
    /// A log of this many events, its leaves, and a reader; tiles are built only where the body does it.
    private func with(
        events count: Int, _ body: (TestLog, [TreeHash], TreeReader, TileBuilder) async throws -> Void
    ) async throws {
        let log = try await TestLog.make()
        let tenant = TenantID.random()
        try await log.withSequencer { sequencer in
            var left = count
            while left > 0 {
                _ = try await sequencer.submit(.add(of: tenant, events: min(left, 100)))
                left -= min(left, 100)
            }
        }
        let leaves = try await log.expectSound().map(\.leaf)
        let (pool, projector) = (try log.pool(.gateway), try log.pool(.projector))
        let result: Result<Void, any Error>
        do {
            result = .success(
                try await body(
                    log, leaves, TreeReader(log: log.log, pool: pool),
                    TileBuilder(log: log.log, pool: projector, signal: log.signal, logger: TestLog.quiet)))
        } catch { result = .failure(error) }
        await pool.close()
        await projector.close()
        try result.get()
    }

    @Test(
        "every tile, full or partial, is that of RFC 9162, built or not",
        arguments: [0, 1, 255, 256, 257, 600, 1_024], [false, true])
    func tiles(size: Int, isBuilt: Bool) async throws {
        try await with(events: size) { _, leaves, reader, builder in
            if isBuilt { #expect(try await builder.catchUp() == Int64(size / 256)) }
            let layout = TileLayout(size: UInt64(size))
            for level in 0..<layout.levelCount {
                for index in 0..<layout.fullTileCount(atLevel: level) {
                    let tile = try #require(TileCoordinate(level: level, index: index))
                    #expect(try await reader.tile(tile).hashes == Self.hashes(of: tile, width: 256, in: leaves))
                }
            }
            for path in layout.partialTiles {
                for width in 1...path.width {
                    let tile = try await reader.tile(path.coordinate, width: width)
                    #expect(tile.hashes == Self.hashes(of: path.coordinate, width: width, in: leaves))
                }
            }
            #expect(try await reader.root(size: UInt64(size)) == MerkleTree.root(of: leaves))
        }
    }

    @Test("proofs verify at every size they are asked for, while the builder is behind, and when it is not")
    func proofs() async throws {
        try await with(events: 700) { _, leaves, reader, builder in
            for isBuilt in [false, true] {
                if isBuilt { try await builder.catchUp() }
                for size in [1, 2, 255, 256, 257, 511, 512, 513, 699, 700] as [UInt64] {
                    let root = MerkleTree.root(of: Array(leaves[..<Int(size)]))
                    for index in [0, 1, 254, 255, 256, 511, 512, 698, 699] as [UInt64] where index < size {
                        let path = try await reader.inclusionProof(ofLeafAt: index, size: size)
                        #expect(
                            InclusionProof.verify(
                                leaf: leaves[Int(index)], index: index, size: size, path: path, root: root))
                    }
                    let path = try await reader.consistencyProof(from: size, to: 700)
                    #expect(
                        ConsistencyProof.verify(
                            firstSize: size, firstRoot: root, secondSize: 700, secondRoot: MerkleTree.root(of: leaves),
                            path: path))
                }
            }
        }
    }

    @Test("two builders at once, and one again, build the same tiles once")
    func twoBuilders() async throws {
        try await with(events: 778) { log, leaves, reader, builder in
            try await withThrowingTaskGroup(of: Int64.self) { group in
                for _ in 0..<4 { group.addTask { try await builder.catchUp() } }
                for try await bundles in group { #expect(bundles == 3) }
            }
            #expect(try await builder.catchUp() == 3)
            let tile = try #require(TileCoordinate(level: 1, index: 0))
            #expect(try await reader.tile(tile, width: 3).hashes == Self.hashes(of: tile, width: 3, in: leaves))
        }
    }

    @Test("a builder that was stopped in between goes on where it stopped: at any missing tile")
    func resumed() async throws {
        try await with(events: 1_300) { log, leaves, reader, builder in
            try await builder.catchUp()
            for statement in ["subtrees WHERE index >= 2", "subtrees", "bundles WHERE index >= 3"] {
                try await log.use(.owner) { owner in
                    let glue = statement.contains("WHERE") ? "AND" : "WHERE"
                    try await owner.script("DELETE FROM zentriq.\(statement) \(glue) log_id = \(log.log.rawValue)")
                }
                #expect(try await builder.catchUp() == 5)
                let tile = try #require(TileCoordinate(level: 1, index: 0))
                #expect(try await reader.tile(tile, width: 5).hashes == Self.hashes(of: tile, width: 5, in: leaves))
            }
        }
    }

    @Test("a builder that finds a gap builds nothing beyond it, and names it")
    func gap() async throws {
        try await with(events: 600) { log, _, _, builder in
            try await log.use(.superuser) { superuser in
                try await superuser.script(
                    """
                    SET session_replication_role = replica;
                    DELETE FROM zentriq.events WHERE log_id = \(log.log.rawValue) AND position = 300;
                    """)
            }
            await #expect(throws: LogError.corrupt("position 300 is missing")) { try await builder.catchUp() }
        }
    }

    @Test("a rebuild finds and mends a changed tile, keeps one whose rows are gone, and says whether the root fits")
    func rebuild() async throws {
        try await with(events: 800) { log, _, reader, builder in
            try await builder.catchUp()
            let pool = try log.pool(.owner)
            let rebuild = TileRebuild(log: log.log, pool: pool, logger: TestLog.quiet)
            try await log.use(.owner) { owner in
                try await owner.script(
                    """
                    UPDATE zentriq.bundles SET entries = set_byte(entries, 40, get_byte(entries, 40) # 1)
                    WHERE log_id = \(log.log.rawValue) AND index = 1;
                    UPDATE zentriq.subtrees SET hash = sha256('x') WHERE log_id = \(log.log.rawValue) AND index = 0;
                    """)
            }
            let look = try await rebuild.run(dryRun: true)
            #expect(look.wrong == [1] && !look.fitsHead && look.bundles == 3)
            let mended = try await rebuild.run(dryRun: false)
            #expect(mended.wrong == [1] && mended.fitsHead && mended.size == 800)
            try await log.use(.superuser) { superuser in
                try await superuser.script(
                    """
                    SET session_replication_role = replica;
                    DELETE FROM zentriq.events WHERE log_id = \(log.log.rawValue) AND position IN (0, 5);
                    """)
            }
            let again = try await rebuild.run(dryRun: false)
            #expect(again.wrong.isEmpty && again.kept == 1 && again.fitsHead)
            await pool.close()
        }
    }

    /// By the definition, from the leaves.
    private static func hashes(of tile: TileCoordinate, width: Int, in leaves: [TreeHash]) -> [TreeHash] {
        let span = Int(pow(256.0, Double(tile.level)))
        return (0..<width).map { offset in
            let start = (Int(tile.index) * 256 + offset) * span
            return MerkleTree.root(of: Array(leaves[start..<start + span]))
        }
    }
}

extension TestLog {
    func pool(_ role: TestDatabase.Role) throws -> PostgresPool {
        PostgresPool(configuration: try configuration(role), size: 2, logger: Self.quiet)
    }
}
