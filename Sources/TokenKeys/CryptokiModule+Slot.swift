import CPKCS11

extension CryptokiModule {
    /// The slot with the token of that label.
    func slot(ofToken label: String) throws(CryptokiError) -> CK_SLOT_ID {
        var count: CK_ULONG = 0
        do { try call("C_GetSlotList") { $0.C_GetSlotList?(1, nil, &count) } } catch {
            // Somebody else of this process has finalized the module.
            guard error.value == Self.notInitialized else { throw error }
            try initialize()
            try call("C_GetSlotList") { $0.C_GetSlotList?(1, nil, &count) }
        }
        var slots = [CK_SLOT_ID](repeating: 0, count: Int(count))
        try call("C_GetSlotList") { $0.C_GetSlotList?(1, &slots, &count) }
        var found: [CK_SLOT_ID] = []
        for slot in slots.prefix(Int(count)) {
            var info = CK_TOKEN_INFO()
            // One that is just being taken out is not the one.
            guard (try? call("C_GetTokenInfo") { $0.C_GetTokenInfo?(slot, &info) }) != nil else { continue }
            let name = withUnsafeBytes(of: info.label) { String(decoding: $0, as: UTF8.self) }
            if info.flags & Self.isInitialized != 0, name.trimmingSuffix(" ") == label { found.append(slot) }
        }
        guard let slot = found.first else { throw .unusable("there is no token with the label \(label)") }
        guard found.count == 1 else { throw .unusable("there are \(found.count) tokens with the label \(label)") }
        return slot
    }

    func requireGCM(_ slot: CK_SLOT_ID, token: String) throws(CryptokiError) {
        var info = CK_MECHANISM_INFO()
        let isThere = (try? call("C_GetMechanismInfo") { $0.C_GetMechanismInfo?(slot, Mechanism.gcm, &info) }) != nil
        guard isThere, info.flags & Mechanism.bothWays == Mechanism.bothWays else {
            throw .unusable("the token \(token) has no AES-GCM (CKM_AES_GCM)")
        }
    }

    func openSession(_ slot: CK_SLOT_ID) throws(CryptokiError) -> CK_SESSION_HANDLE {
        var session: CK_SESSION_HANDLE = 0
        try call("C_OpenSession") { $0.C_OpenSession?(slot, Self.readWriteSerial, nil, nil, &session) }
        return session
    }

    private static let isInitialized: CK_FLAGS = 0x400
    private static let notInitialized: UInt = 0x190
    private static let readWriteSerial: CK_FLAGS = 6
}

enum Mechanism {
    static let generateKey: CK_MECHANISM_TYPE = 0x1080
    static let gcm: CK_MECHANISM_TYPE = 0x1087
    /// Encrypts and decrypts.
    static let bothWays: CK_FLAGS = 0x300
}

extension String {
    fileprivate func trimmingSuffix(_ character: Character) -> Substring {
        var text = self[...]
        while text.last == character { text.removeLast() }
        return text
    }
}
