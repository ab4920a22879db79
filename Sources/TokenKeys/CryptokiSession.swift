import CPKCS11
import Sealing

/// What is done in an open session with a token.
struct CryptokiSession {
    static let tagLength = 16
    private static let page: CK_ULONG = 64

    let module: CryptokiModule
    let session: CK_SESSION_HANDLE
    /// Of keys that were seen in this session, by label.
    var handles: [String: CK_OBJECT_HANDLE] = [:]

    init(module: CryptokiModule, session: CK_SESSION_HANDLE) {
        self.module = module
        self.session = session
    }

    mutating func handle(_ label: String) throws(CryptokiError) -> CK_OBJECT_HANDLE {
        if let handle = handles[label] { return handle }
        for handle in try findKeys() where try text(Attribute.label, of: handle) == label {
            handles[label] = handle
            return handle
        }
        throw .unusable("there is no key \(label) in the token")
    }

    /// All AES keys in the token.
    func findKeys() throws(CryptokiError) -> [CK_OBJECT_HANDLE] {
        let template = Template([
            (Attribute.objectClass, .number(Attribute.secretKey)), (Attribute.keyType, .number(Attribute.aes)),
            (Attribute.token, .flag(true)),
        ])
        defer { template.free() }
        try module.call("C_FindObjectsInit") {
            $0.C_FindObjectsInit?(session, template.attributes.baseAddress, CK_ULONG(template.attributes.count))
        }
        defer { try? module.call("C_FindObjectsFinal") { $0.C_FindObjectsFinal?(session) } }
        var found: [CK_OBJECT_HANDLE] = []
        while true {
            var page = [CK_OBJECT_HANDLE](repeating: 0, count: Int(Self.page))
            var count: CK_ULONG = 0
            try module.call("C_FindObjects") { $0.C_FindObjects?(session, &page, Self.page, &count) }
            if count == 0 { return found }
            found += page.prefix(Int(count))
        }
    }

    func text(_ attribute: CK_ULONG, of key: CK_OBJECT_HANDLE) throws(CryptokiError) -> String {
        String(decoding: try value(attribute, of: key), as: UTF8.self)
    }

    func checkValue(of key: CK_OBJECT_HANDLE) -> String {
        Hex.encode((try? value(Attribute.checkValue, of: key)) ?? [])
    }

    /// Why the key may not be used: it could leave the token, or it is no AES-256 key.
    func fault(of key: CK_OBJECT_HANDLE) throws(CryptokiError) -> String? {
        guard try value(Attribute.sensitive, of: key) == [1], try value(Attribute.extractable, of: key) == [0] else {
            return "it can be taken out of the token (it must be CKA_SENSITIVE and not CKA_EXTRACTABLE)"
        }
        let length = try value(Attribute.valueLength, of: key)
        let isLong = length.withUnsafeBytes { $0.count == 8 && $0.loadUnaligned(as: CK_ULONG.self) == 32 }
        return isLong ? nil : "it has not 256 bits"
    }

    func generate(label: String) throws(CryptokiError) -> CK_OBJECT_HANDLE {
        let template = Template([
            (Attribute.objectClass, .number(Attribute.secretKey)), (Attribute.keyType, .number(Attribute.aes)),
            (Attribute.valueLength, .number(32)), (Attribute.label, .text(label)), (Attribute.token, .flag(true)),
            (Attribute.isPrivate, .flag(true)), (Attribute.sensitive, .flag(true)),
            (Attribute.extractable, .flag(false)), (Attribute.encrypt, .flag(true)), (Attribute.decrypt, .flag(true)),
            (Attribute.wrap, .flag(false)), (Attribute.unwrap, .flag(false)),
        ])
        defer { template.free() }
        var mechanism = CK_MECHANISM(mechanism: Mechanism.generateKey, pParameter: nil, ulParameterLen: 0)
        var key: CK_OBJECT_HANDLE = 0
        try module.call("C_GenerateKey") {
            $0.C_GenerateKey?(
                session, &mechanism, template.attributes.baseAddress, CK_ULONG(template.attributes.count), &key)
        }
        return key
    }

    /// AES-GCM: ciphertext and tag from text, or the other way round.
    func gcm(
        _ input: [UInt8], _ key: CK_OBJECT_HANDLE, _ nonce: [UInt8], _ binding: [UInt8], encrypt: Bool
    ) throws(CryptokiError) -> [UInt8] {
        var (nonce, binding) = (nonce, binding)
        var output = [UInt8](repeating: 0, count: input.count + Self.tagLength)
        var length = CK_ULONG(output.count)
        let failure = nonce.withUnsafeMutableBufferPointer { nonce in
            binding.withUnsafeMutableBufferPointer { binding -> CryptokiError? in
                var parameters = CK_GCM_PARAMS(
                    pIv: nonce.baseAddress, ulIvLen: CK_ULONG(nonce.count), ulIvBits: CK_ULONG(nonce.count * 8),
                    pAAD: binding.baseAddress, ulAADLen: CK_ULONG(binding.count),
                    ulTagBits: CK_ULONG(Self.tagLength * 8))
                return withUnsafeMutablePointer(to: &parameters) { parameters -> CryptokiError? in
                    var mechanism = CK_MECHANISM(
                        mechanism: Mechanism.gcm, pParameter: parameters,
                        ulParameterLen: CK_ULONG(MemoryLayout<CK_GCM_PARAMS>.size))
                    do throws(CryptokiError) {
                        if encrypt {
                            try module.call("C_EncryptInit") { $0.C_EncryptInit?(session, &mechanism, key) }
                            try module.call("C_Encrypt") {
                                $0.C_Encrypt?(session, input, CK_ULONG(input.count), &output, &length)
                            }
                        } else {
                            try module.call("C_DecryptInit") { $0.C_DecryptInit?(session, &mechanism, key) }
                            try module.call("C_Decrypt") {
                                $0.C_Decrypt?(session, input, CK_ULONG(input.count), &output, &length)
                            }
                        }
                        return nil
                    } catch { return error }
                }
            }
        }
        if let failure { throw failure }
        return Array(output.prefix(Int(length)))
    }

    private func value(_ attribute: CK_ULONG, of key: CK_OBJECT_HANDLE) throws(CryptokiError) -> [UInt8] {
        var request = CK_ATTRIBUTE(type: attribute, pValue: nil, ulValueLen: 0)
        try module.call("C_GetAttributeValue") { $0.C_GetAttributeValue?(session, key, &request, 1) }
        guard request.ulValueLen <= Attribute.maximumLength else {
            throw .unusable("an attribute of a key in the token is too long")
        }
        var bytes = [UInt8](repeating: 0, count: Int(request.ulValueLen))
        let failure = bytes.withUnsafeMutableBytes { buffer -> CryptokiError? in
            request.pValue = buffer.baseAddress
            do throws(CryptokiError) {
                try module.call("C_GetAttributeValue") { $0.C_GetAttributeValue?(session, key, &request, 1) }
                return nil
            } catch { return error }
        }
        if let failure { throw failure }
        return bytes
    }
}
