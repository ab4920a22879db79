package import CanonicalJSON
package import EventStore
package import TransparencyLog

/// Which events of a class were destroyed, by what right: appended in the transaction that destroyed them. The database
/// writes it (`zentriq.certify`); here it is read.
package struct ErasureCertificate: Sendable, Hashable {
    package enum Basis: String, Sendable {
        /// The policy in force and the passing of time.
        case policy
    }

    /// Positions between the first and the last of one certificate.
    package static let maximumSpan: Int64 = 1_048_576

    package let basis: Basis
    package let retention: RetentionClass
    package let positions: PositionSet
    /// How many positions there should be.
    package let count: Int64
    /// Everything destroyed was recorded before this instant.
    package let cutoff: EventTime
    /// Where the policy stands that it was destroyed by.
    package let policy: LogPosition
    /// Of the tree (RFC 9162, section 2.1) over the entries of the destroyed events, in their order.
    package let root: TreeHash

    package init(
        basis: Basis = .policy, retention: RetentionClass, positions: PositionSet, count: Int64, cutoff: EventTime,
        policy: LogPosition, root: TreeHash
    ) {
        self.basis = basis
        self.retention = retention
        self.positions = positions
        self.count = count
        self.cutoff = cutoff
        self.policy = policy
        self.root = root
    }

    package init(_ object: JSONObject) throws(RetentionError) {
        let reader = MemberReader(object, "a certificate")
        basis = try reader.value("basis")
        retention = try reader.value("class")
        count = try reader.number("count")
        guard let cutoff = try reader.time("cutoff") else { throw .malformed("a certificate has a cutoff") }
        self.cutoff = cutoff
        policy = LogPosition(try reader.number("policy"))
        guard let root = TreeHash(base64: Array(try reader.text("root").utf8)) else {
            throw .malformed("a certificate: the root is not a hash")
        }
        self.root = root
        let first = try reader.number("first")
        guard let bits = Base64.decode(Array(try reader.text("bits").utf8)),
            Int64(bits.count) * 8 <= Self.maximumSpan, first <= Int64.max - Self.maximumSpan
        else { throw .malformed("a certificate: the positions are no bitmap") }
        positions = PositionSet(first: first, bits: bits)
        try reader.finish(["basis", "bits", "class", "count", "cutoff", "first", "policy", "root"])
    }
}

/// Positions as a bitmap from the first on, the highest bit of a byte first.
package struct PositionSet: Sendable, Hashable {
    package let first: Int64
    package let bits: [UInt8]

    package init(first: Int64, bits: [UInt8]) {
        self.first = first
        self.bits = bits
    }

    package var count: Int64 { bits.reduce(0) { $0 + Int64($1.nonzeroBitCount) } }

    /// Beyond which there are none (exclusive).
    package var end: Int64 { first + Int64(bits.count) * 8 }

    package func contains(_ position: Int64) -> Bool {
        guard position >= first, position < end else { return false }
        let offset = Int(position - first)
        return bits[offset >> 3] & (0x80 >> UInt8(offset & 7)) != 0
    }
}
