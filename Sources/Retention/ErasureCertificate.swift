package import CanonicalJSON
package import EventStore
package import TransparencyLog

/// Which events of a class were destroyed, by what right: appended in the transaction that destroyed them. The database
/// writes it (`zentriq.certify`); here it is read.
package struct ErasureCertificate: Sendable, Hashable {
    /// By what right.
    package enum Ground: Sendable, Hashable {
        /// The policy in force, which stands there, and the passing of time: everything destroyed was recorded before
        /// the cutoff.
        case policy(LogPosition, cutoff: EventTime)
        /// The request for erasure that stands there.
        case request(LogPosition)
    }

    /// Positions between the first and the last of one certificate of a sweep.
    package static let maximumSpan = Eraser.maximumSpan

    package let ground: Ground
    package let retention: RetentionClass
    package let positions: PositionSet
    /// How many positions there should be.
    package let count: Int64
    /// Of the tree (RFC 9162, section 2.1) over the entries of the destroyed events, in their order.
    package let root: TreeHash

    package init(
        _ ground: Ground, retention: RetentionClass, positions: PositionSet, count: Int64, root: TreeHash
    ) {
        self.ground = ground
        self.retention = retention
        self.positions = positions
        self.count = count
        self.root = root
    }

    package init(_ object: JSONObject) throws(RetentionError) {
        let reader = MemberReader(object, "a certificate")
        retention = try reader.value("class")
        count = try reader.number("count")
        guard let root = TreeHash(base64: Array(try reader.text("root").utf8)) else {
            throw .malformed("a certificate: the root is not a hash")
        }
        self.root = root
        switch try reader.text("basis") {
        case "policy":
            guard let cutoff = try reader.time("cutoff") else { throw .malformed("a certificate has a cutoff") }
            ground = .policy(LogPosition(try reader.number("policy")), cutoff: cutoff)
            let first = try reader.number("first")
            guard let bits = Base64.decode(Array(try reader.text("bits").utf8)),
                Int64(bits.count) * 8 <= Self.maximumSpan, first <= Int64.max - Self.maximumSpan
            else { throw .malformed("a certificate: the positions are no bitmap") }
            positions = PositionSet(first: first, bits: bits)
            try reader.finish(["basis", "bits", "class", "count", "cutoff", "first", "policy", "root"])
        case "request":
            ground = .request(LogPosition(try reader.number("request")))
            guard let positions = PositionSet(list: try reader.numbers("positions")) else {
                throw .malformed("a certificate: the positions are not in order")
            }
            self.positions = positions
            try reader.finish(["basis", "class", "count", "positions", "request", "root"])
        case let basis: throw .malformed("a certificate: \(basis) is no basis")
        }
    }
}
