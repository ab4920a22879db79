/// A token taken apart (RFC 7515 section 3.1), with a header we accept. Nothing in it is verified yet.
struct CompactToken {
    let keyID: String
    /// The signing input: encoded header, a dot, encoded payload.
    let signedBytes: ArraySlice<UInt8>
    let signature: [UInt8]
    private let encodedPayload: ArraySlice<UInt8>

    /// - Throws: `malformed`, `notRS256` or `missingKeyID`.
    init(_ token: String) throws(TokenError) {
        let bytes = Array(token.utf8)
        guard bytes.count <= IdentityLimits.tokenBytes else { throw .malformed }
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw .malformed }

        let header = try Self.object(parts[0])
        guard header["alg"] == .string("RS256") else { throw .notRS256 }
        // A critical extension must be understood or the token refused (RFC 7515 section 4.1.11); we know none.
        guard header["crit"] == nil else { throw .malformed }
        guard case .string(let keyID)? = header["kid"], !keyID.isEmpty, keyID.utf8.count <= IdentityLimits.keyIDBytes
        else { throw .missingKeyID }

        guard let signature = Base64URL.decode(parts[2]), !signature.isEmpty else { throw .malformed }
        self.keyID = keyID
        self.signedBytes = bytes[..<parts[1].endIndex]
        self.signature = signature
        self.encodedPayload = parts[1]
    }

    /// The payload; to be called once the signature is verified.
    func claims() throws(TokenError) -> [String: StrictJSON] {
        try Self.object(encodedPayload)
    }

    private static func object(_ encoded: ArraySlice<UInt8>) throws(TokenError) -> [String: StrictJSON] {
        guard let bytes = Base64URL.decode(encoded), case .object(let members)? = StrictJSON(parsing: bytes) else {
            throw .malformed
        }
        return members
    }
}
