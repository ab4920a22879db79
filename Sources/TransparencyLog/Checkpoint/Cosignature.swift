/// Cosignatures of checkpoints, c2sp.org/tlog-cosignature, the Ed25519 kind ("cosignature/v1", type 0x04).
///
/// A cosignature says that at a time, this was the largest consistent tree of the log that the witness had seen.
public enum Cosignature {
    /// Times beyond are refused, by the specification.
    public static let maximumTime = UInt64(Int64.max)

    /// What is signed: a header, the time, and the whole text of the checkpoint with its extension lines.
    ///
    /// The name of the witness is not in it, which is why one public key must not serve two witnesses.
    static func message(time: UInt64, checkpoint text: String) -> [UInt8] {
        Array("cosignature/v1\ntime \(time)\n\(text)".utf8)
    }
}
