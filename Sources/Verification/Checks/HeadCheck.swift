import Billing
import EventStore
import TransparencyLog

/// What the log says of itself, and what others have seen of it: the head, its checkpoint, the keys that followed each
/// other, the witnesses' cosignatures, and the checkpoint of an earlier run.
struct HeadCheck: Sendable {
    /// What must be the root at a size, and who says so.
    private struct Claim: Sendable {
        let size: UInt64
        let root: TreeHash
        let fault: String
    }

    let head: HeadRow
    /// As the head says; 0 if it says nonsense.
    let size: UInt64
    /// The head's checkpoint, if the head's key signed it.
    private var signed: SeenCheckpoint?
    /// The same, if it is that of the head.
    private(set) var checkpoint: SeenCheckpoint?
    private var claims: [Claim] = []
    private var restorations: [LogRestoration] = []

    init(_ head: HeadRow, origin: String, findings: inout Findings) {
        self.head = head
        size = UInt64(max(0, head.size))
        if head.size < 0 { findings.add("head: the size is \(head.size)") }
        if head.origin != origin { findings.add("head: the log's origin is \(head.origin), not \(origin)") }
        do throws(Fault) {
            let signed = try Self.checkpoint(of: head, origin: origin)
            self.signed = signed
            try Self.compare(signed.checkpoint, with: head)
            checkpoint = signed
        } catch {
            findings.add("head: \(error.reason)")
        }
    }

    private struct Fault: Error {
        let reason: String
    }

    private static func checkpoint(of head: HeadRow, origin: String) throws(Fault) -> SeenCheckpoint {
        guard let signer = try? NoteVerifier(parsing: head.signer), signer.type == .ed25519 else {
            throw Fault(reason: "the signer is not a verifier key")
        }
        guard signer.key.name.text == origin else { throw Fault(reason: "the signer's key is for \(signer.key.name)") }
        guard let signed = try? SignedCheckpoint(parsing: Array(head.checkpoint.utf8)) else {
            throw Fault(reason: "the checkpoint is not one")
        }
        guard let seen = try? SeenCheckpoint(signer: signer, signed: signed), signed.unverified.origin == origin else {
            throw Fault(reason: "the checkpoint is not signed by the signer's key")
        }
        return seen
    }

    private static func compare(_ body: Checkpoint, with head: HeadRow) throws(Fault) {
        guard body.extensions.isEmpty else { throw Fault(reason: "the checkpoint says more than it should") }
        guard Int64(body.size) == head.size else {
            throw Fault(reason: "the checkpoint says \(body.size) events, the head \(head.size)")
        }
        guard body.root.bytes == head.root else { throw Fault(reason: "the checkpoint's root is not the head's") }
    }

    /// Sizes at which the roots are needed.
    var marks: Set<UInt64> { Set(claims.map(\.size)) }

    // MARK: Keys

    /// Each hand-over is signed by both keys, and they make a chain that ends with the head's signer.
    mutating func take(_ handovers: [HandoverRow], key: NoteVerifier?, seen: SeenCheckpoint?, findings: inout Findings)
    {
        var signers: [String] = []
        var newest: UInt64 = 0
        for (index, row) in handovers.enumerated() {
            let name = "hand-over \(row.number)"
            if row.number != Int64(index) + 1 { findings.add("\(name): number \(index + 1) is missing") }
            if let last = handovers[..<index].last, last.newSigner != row.oldSigner {
                findings.add("\(name): its old key is not the new one of the hand-over before")
            }
            signers.append(row.oldSigner)
            guard let old = try? NoteVerifier(parsing: row.oldSigner),
                let new = try? NoteVerifier(parsing: row.newSigner)
            else {
                findings.add("\(name): a key in it is not a verifier key")
                continue
            }
            do {
                let body = try Handover.verify(Array(row.checkpoint.utf8), from: old, to: new)
                if Int64(body.size) != row.size || body.size > size || body.size < newest {
                    findings.add("\(name): it stands under a size of \(body.size), where none can be")
                }
                newest = max(newest, body.size)
                claims.append(
                    Claim(size: body.size, root: body.root, fault: "\(name): the tree of that size has another root"))
            } catch {
                findings.add("\(name): \(error)")
            }
        }
        signers.append(head.signer)
        // Keys of a history that was lost, whose hand-overs may be lost with it.
        signers += restorations.map(\.restored.signer.text)
        if let last = handovers.last, last.newSigner != head.signer {
            findings.add("head: the signer is not the new key of the newest hand-over")
        }
        if let key, !signers.contains(key.text) {
            findings.add("head: no hand-over leads from the given key to the signer")
        }
        if let seen, !signers.contains(seen.signer.text) {
            findings.add("head: no hand-over leads from the key seen at an earlier run to the signer")
        }
    }

    // MARK: What was seen

    /// What was lost was signed by a key that signs no more: otherwise it had signed two histories.
    mutating func take(_ restorations: [LogRestoration], findings: inout Findings) {
        self.restorations = restorations
        for restoration in restorations {
            for fault in restoration.faults(origin: head.origin, signer: head.signer) {
                findings.add(at: restoration.position.rawValue, fault)
            }
        }
    }

    mutating func take(_ seen: SeenCheckpoint, findings: inout Findings) {
        let earlier = seen.checkpoint
        if earlier.origin != head.origin {
            findings.add("the checkpoint of an earlier run is of the log \(earlier.origin)")
        } else if restorations.contains(where: { $0.hasLost(seen) }) {
            // Known, and told with the report.
            return
        } else if earlier.size > size {
            findings.add(
                at: Int64(size),
                "the log has \(size) events, and had \(earlier.size) at an earlier run: "
                    + "it was truncated, or restored from an older backup")
        } else {
            claims.append(
                Claim(
                    size: earlier.size, root: earlier.root,
                    fault: "the first \(earlier.size) events are not those of an earlier run: history was rewritten"))
        }
    }

    mutating func take(_ cosignatures: [CosignatureRow], findings: inout Findings) {
        for row in cosignatures {
            guard let witness = try? NoteVerifier(parsing: row.witness), witness.type == .cosignature,
                let signed = try? SignedCheckpoint(parsing: Array(row.checkpoint.utf8)),
                (try? signed.note.verify(with: [witness])) != nil
            else {
                findings.add("cosignature of \(row.witness): it does not hold")
                continue
            }
            let body = signed.unverified
            let name = "cosignature of \(witness.key.name)"
            if body.size > size {
                findings.add(
                    at: Int64(size),
                    "\(name): the witness saw \(body.size) events, the log has \(size): "
                        + "it was truncated, or restored from an older backup")
            } else {
                claims.append(
                    Claim(size: body.size, root: body.root, fault: "\(name): the tree of that size has another root"))
            }
        }
    }

    // MARK: The tree

    /// Compares the head, and all that was claimed, with the tree over the entries.
    ///
    /// - Parameters:
    ///   - tree: nil if entries are missing, so that nothing can be said.
    ///   - proven: up to where the tiles bear out the entries.
    func compare(_ tree: LogTree?, provenUpTo proven: Int64, newest: EventTime?, findings: inout Findings) {
        if let newest, newest != head.recordedAt {
            findings.add("head: its time is \(head.recordedAt.text), that of the newest event \(newest.text)")
        }
        guard let tree, let range = tree.range else { return }
        guard tree.size == size else {
            return findings.add(
                at: head.size,
                "the log has \(head.size) events, and had \(tree.size) when they were read: it was truncated")
        }
        let root = range.root()
        if root.bytes != head.root, let body = signed?.checkpoint, body.size == size, body.root == root {
            findings.add("head: its root is not that of the entries, which its signed checkpoint says")
        } else if root.bytes != head.root {
            let place = proven < head.size ? " (tiles bear out the entries before position \(proven))" : ""
            findings.add(at: min(proven, max(0, head.size - 1)), "the root over all entries is not the head's\(place)")
        }
        if range.encoded() != head.frontier { findings.add("head: its compact range is not that of the tree") }
        for claim in claims {
            if let root = tree.roots[claim.size], root != claim.root { findings.add(claim.fault) }
        }
    }
}
