import TransparencyLog

/// A log, its witness, and a receipt of theirs.
///
/// All texts were made by another implementation: Python's hashlib and cryptography, from the seeds 0...31 (log) and
/// 32...63 (witness), for five entries, entry i being the event `{"n":i}` with a salt of thirty-two bytes i. The
/// receipt is of entry 2; its extra data is the salt, then the event.
enum SampleLog {
    static let logKey = "log.example/billing+f01c587f+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
    static let logPrivateKey =
        "PRIVATE+KEY+log.example/billing+f01c587f+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
    static let witnessKey = "witness.example/w1+20324abe+BCmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X"
    static let witnessSeed = Array(UInt8(32)..<64)
    static let cosignedAt: UInt64 = 1_700_000_000

    static let checkpointText = """
        log.example/billing
        5
        enBCYPRgGp70c2xni539TJt6zLT2qNJnLGdnsiVQ9PY=

        """
    static let checkpoint = """
        log.example/billing
        5
        enBCYPRgGp70c2xni539TJt6zLT2qNJnLGdnsiVQ9PY=

        — log.example/billing 8BxYf07wHB0PbMqA6MBKY7/fwAYC8KtIwYTPO7f2GPfE8RwZarlmGHIkauLie8KvgLXbRQzLWVrrfn+BoC0b4RVT5QI=
        — witness.example/w1 IDJKvgAAAABlU/EA4zPBDZBkX+tSv3eki07bgtfDCPZNgGfTh03lMwoN5nC/UV7GbO8xyuC/DoZFbi+8i1e4n+8XeqQZO74d1LDfCg==

        """
    static let receipt = """
        c2sp.org/tlog-proof@v1
        extra AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgJ7Im4iOjJ9
        index 2
        V7csi3NPYCgSGlWS1PPz+vDt1kdnLpStuiYTb1f0/7Y=
        KTJQGRhiXjb0Hb+9mIQqPHOjsUQqOl2WYiZmD3ht6Tk=
        dgwmCv6lrQxK8n2fd10LEc4x6Zu6jQY79qOmlRrabvw=

        \(checkpoint)
        """

    static func salt(_ index: Int) -> [UInt8] { [UInt8](repeating: UInt8(index), count: 32) }
    static func event(_ index: Int) -> [UInt8] { Array("{\"n\":\(index)}".utf8) }
    static let leaves = (0..<5).map { EntryCommitment.leaf(salt: salt($0), event: event($0)) }

    static func policy(quorum: Int = 1) throws -> TrustPolicy {
        try TrustPolicy(
            log: NoteVerifier(parsing: logKey), witnesses: [NoteVerifier(parsing: witnessKey)], quorum: quorum)
    }
}

extension [UInt8] {
    /// The same bytes with one bit turned.
    func flippingBit(_ bit: Int) -> [UInt8] {
        var bytes = self
        bytes[bit / 8] ^= 1 << UInt8(bit % 8)
        return bytes
    }
}
