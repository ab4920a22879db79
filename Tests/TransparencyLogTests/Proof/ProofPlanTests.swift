import Testing
import TransparencyLog

@Suite("Proof plans")
struct ProofPlanTests {
    /// RFC 9162 section 2.1.5 names the nodes of a tree of seven leaves:
    ///
    ///             hash
    ///            /    \
    ///           k      l
    ///          / \    / \
    ///         g   h  i   j
    ///        /\  /\  /\   \
    ///        a b c d e f   d6
    static let nodes: [Character: TreeNode] = [
        "a": TreeNode(level: 0, index: 0), "b": TreeNode(level: 0, index: 1), "c": TreeNode(level: 0, index: 2),
        "d": TreeNode(level: 0, index: 3), "e": TreeNode(level: 0, index: 4), "f": TreeNode(level: 0, index: 5),
        "j": TreeNode(level: 0, index: 6), "g": TreeNode(level: 1, index: 0), "h": TreeNode(level: 1, index: 1),
        "i": TreeNode(level: 1, index: 2), "k": TreeNode(level: 2, index: 0),
    ]

    /// The node l is no perfect subtree: it is made of i and j.
    static func steps(_ names: String) -> [[TreeNode]] {
        names.map { $0 == "l" ? [nodes["i"], nodes["j"]].compactMap(\.self) : [nodes[$0]].compactMap(\.self) }
    }

    @Test("the examples of RFC 9162", arguments: [(0, "bhl"), (3, "cgl"), (4, "fjk"), (6, "ik")] as [(UInt64, String)])
    func inclusion(index: UInt64, names: String) {
        #expect(ProofPlan.inclusion(ofLeafAt: index, size: 7)?.steps == Self.steps(names))
    }

    @Test("the consistency examples of RFC 9162", arguments: [(3, "cdgl"), (4, "l"), (6, "ijk")] as [(UInt64, String)])
    func consistency(first: UInt64, names: String) {
        #expect(ProofPlan.consistency(from: first, to: 7)?.steps == Self.steps(names))
    }

    @Test("plans give the same proofs as the recursion over all leaves, up to 64")
    func matchesReference() throws {
        let tree = SampleTree(64)
        var different = 0
        for size in 0...64 {
            let leaves = Array(tree.leaves[..<size])
            for index in 0..<size {
                let plan = try #require(ProofPlan.inclusion(ofLeafAt: UInt64(index), size: UInt64(size)))
                if plan.path(tree.hash) != InclusionProof.path(forLeafAt: index, in: leaves) { different += 1 }
            }
            for first in 0...size {
                let plan = try #require(ProofPlan.consistency(from: UInt64(first), to: UInt64(size)))
                if plan.path(tree.hash) != ConsistencyProof.path(fromSize: first, in: leaves) { different += 1 }
            }
        }
        #expect(different == 0)
    }

    @Test("every leaf of every tree up to 300 is proved")
    func everyInclusion() throws {
        let tree = SampleTree(300)
        let roots = tree.roots()
        var refused: [String] = []
        for size in 1...300 {
            for index in 0..<size {
                let plan = try #require(ProofPlan.inclusion(ofLeafAt: UInt64(index), size: UInt64(size)))
                let holds = InclusionProof.verify(
                    leaf: tree.leaves[index], index: UInt64(index), size: UInt64(size), path: plan.path(tree.hash),
                    root: roots[size])
                if !holds || plan.nodes.count > 18 { refused.append("\(index) of \(size)") }
            }
        }
        #expect(refused.isEmpty)
    }

    @Test("every tree up to 300 is consistent with every tree it grew from")
    func everyConsistency() throws {
        let tree = SampleTree(300)
        let roots = tree.roots()
        var refused: [String] = []
        for second in 0...300 {
            for first in 0...second {
                let plan = try #require(ProofPlan.consistency(from: UInt64(first), to: UInt64(second)))
                let holds = ConsistencyProof.verify(
                    firstSize: UInt64(first), firstRoot: roots[first], secondSize: UInt64(second),
                    secondRoot: roots[second], path: plan.path(tree.hash))
                if !holds { refused.append("\(first) in \(second)") }
            }
        }
        #expect(refused.isEmpty)
    }

    @Test("the root of every tree up to 300 is planned")
    func everyRoot() throws {
        let tree = SampleTree(300)
        for (size, root) in tree.roots().enumerated().dropFirst() {
            #expect(try #require(ProofPlan.root(size: UInt64(size))).path(tree.hash) == [root])
        }
        #expect(ProofPlan.root(size: 0) == nil)
    }

    @Test("a log of 70,000 entries proves from its tiles alone")
    func fromTiles() throws {
        var generator = SeededGenerator.forTest()
        let tree = SampleTree(70_000)
        func root(_ size: Int) throws -> TreeHash {
            try #require(ProofPlan.root(size: UInt64(size))?.path(tree.hash).first)
        }
        for _ in 0..<40 {
            let size = Int.random(in: 1...70_000, using: &generator)
            let (index, first) = (
                Int.random(in: 0..<size, using: &generator), Int.random(in: 1...size, using: &generator)
            )
            let inclusion = try #require(ProofPlan.inclusion(ofLeafAt: UInt64(index), size: UInt64(size)))
            #expect(
                try InclusionProof.verify(
                    leaf: tree.leaves[index], index: UInt64(index), size: UInt64(size),
                    path: read(inclusion, from: tree, size: size), root: root(size)))
            let consistency = try #require(ProofPlan.consistency(from: UInt64(first), to: UInt64(size)))
            #expect(
                try ConsistencyProof.verify(
                    firstSize: UInt64(first), firstRoot: root(first), secondSize: UInt64(size),
                    secondRoot: root(size), path: read(consistency, from: tree, size: size)))
        }
    }

    @Test("the largest tree is planned within bounds, and larger ones not at all")
    func greatest() throws {
        let size = CompactRange.maximumSize
        for index in [0, 1, size / 2, size - 2, size - 1] {
            let plan = try #require(ProofPlan.inclusion(ofLeafAt: index, size: size))
            #expect(plan.steps.count <= ProofFile.maximumPathLength)
            #expect(plan.nodes.count <= 126)
            #expect(plan.nodes.allSatisfy { ($0.tile?.level ?? 8) <= 7 })
            #expect(plan.tiles(inTreeOf: size).count <= 126)
        }
        for first in [1, 2, size / 2, size - 1] {
            #expect(try #require(ProofPlan.consistency(from: first, to: size)).nodes.count <= 126)
        }
        #expect(ProofPlan.inclusion(ofLeafAt: 0, size: size + 1) == nil)
        #expect(ProofPlan.inclusion(ofLeafAt: 0, size: 0) == nil)
        #expect(ProofPlan.inclusion(ofLeafAt: 7, size: 7) == nil)
        #expect(ProofPlan.consistency(from: 8, to: 7) == nil)
        #expect(ProofPlan.consistency(from: 0, to: .max) == nil)
        #expect(ProofPlan.root(size: .max) == nil)
        #expect(ProofPlan.consistency(from: 0, to: 7)?.steps.isEmpty == true)
        #expect(ProofPlan.consistency(from: 7, to: 7)?.steps.isEmpty == true)
    }

    /// The path, from nothing but the tiles that the plan names.
    private func read(_ plan: ProofPlan, from tree: SampleTree, size: Int) throws -> [TreeHash] {
        var tiles: [TileCoordinate: HashTile] = [:]
        for path in plan.tiles(inTreeOf: UInt64(size)) {
            let tile = try #require(tree.tile(path))
            tiles[path.coordinate] = HashTile(parsing: tile.encoded(), width: path.width)
        }
        return try plan.path { node throws in
            try #require(node.tile.flatMap { tiles[$0] }?.hash(of: node))
        }
    }
}
