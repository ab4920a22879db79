import CPKCS11
import DurableFiles
import SecretFiles

/// A session with a token, opened when it is needed and again when it was lost. Whoever wants something of the token waits
/// in line, on a thread that may wait. It ends with the process: a module must not be called while the process exits.
actor TokenSession {
    /// A secret key in the token.
    struct Key: Sendable {
        let label: String
        /// The first three bytes of what it makes of zeros (CKA_CHECK_VALUE), in hexadecimal; empty if it does not tell.
        let checkValue: String
        /// Why it may not be used. Nil if it may.
        let fault: String?
    }

    private let path: String
    private let token: String
    private let pinFile: String
    private let queue = BlockingQueue(label: "pkcs11")
    private var open: CryptokiSession?
    /// A PIN that was wrong: it is not tried again, as that would lock the token.
    private var refused: (pin: String, error: CryptokiError)?

    nonisolated var unownedExecutor: UnownedSerialExecutor { queue.asUnownedSerialExecutor() }

    init(module: String, token: String, pinFile: String) {
        path = module
        self.token = token
        self.pinFile = pinFile
    }

    // MARK: What it does

    /// All AES keys whose label begins so.
    func keys(labelled prefix: String) throws(CryptokiError) -> [Key] {
        try use { (open) throws(CryptokiError) in
            var keys: [Key] = []
            open.handles = [:]
            for handle in try open.findKeys() {
                let label = try open.text(Attribute.label, of: handle)
                guard label.hasPrefix(prefix) else { continue }
                open.handles[label] = handle
                keys.append(
                    Key(label: label, checkValue: open.checkValue(of: handle), fault: try open.fault(of: handle)))
            }
            return keys
        }
    }

    /// A new key of 256 bits, made in the token, that never leaves it.
    func generate(label: String) throws(CryptokiError) {
        try use { (open) throws(CryptokiError) in open.handles[label] = try open.generate(label: label) }
    }

    func destroy(label: String) throws(CryptokiError) {
        try use { (open) throws(CryptokiError) in
            let handle = try open.handle(label)
            open.handles[label] = nil
            try open.module.call("C_DestroyObject") { $0.C_DestroyObject?(open.session, handle) }
        }
    }

    /// AES-GCM: ciphertext and tag.
    func encrypt(_ plain: [UInt8], key: String, nonce: [UInt8], binding: [UInt8]) throws(CryptokiError) -> [UInt8] {
        try use { (open) throws(CryptokiError) in
            try open.gcm(plain, try open.handle(key), nonce, binding, encrypt: true)
        }
    }

    func decrypt(_ sealed: [UInt8], key: String, nonce: [UInt8], binding: [UInt8]) throws(CryptokiError) -> [UInt8] {
        try use { (open) throws(CryptokiError) in
            try open.gcm(sealed, try open.handle(key), nonce, binding, encrypt: false)
        }
    }

    // MARK: The session

    /// In a session, and once more in a new one if it was lost.
    private func use<Value>(_ body: (inout CryptokiSession) throws(CryptokiError) -> Value) throws(CryptokiError)
        -> Value
    {
        do { return try attempt(body) } catch  where error.needsNewSession {
            close()
            return try attempt(body)
        }
    }

    private func attempt<Value>(_ body: (inout CryptokiSession) throws(CryptokiError) -> Value) throws(CryptokiError)
        -> Value
    {
        var current: CryptokiSession
        if let open { current = open } else { current = try connect() }
        open = current
        let value = try body(&current)
        open = current
        return value
    }

    private func connect() throws(CryptokiError) -> CryptokiSession {
        let module = try CryptokiModule(path: path)
        let slot = try module.slot(ofToken: token)
        try module.requireGCM(slot, token: token)
        let session = try module.openSession(slot)
        do {
            try logIn(module, session)
            return CryptokiSession(module: module, session: session)
        } catch {
            try? module.call("C_CloseSession") { $0.C_CloseSession?(session) }
            throw error
        }
    }

    private func logIn(_ module: CryptokiModule, _ session: CK_SESSION_HANDLE) throws(CryptokiError) {
        let text: String?
        do { text = try SecretFile.read(pinFile) } catch { throw .unusable("\(pinFile): \(error)") }
        guard let text else { throw .unusable("there is no PIN in \(pinFile)") }
        let pin = text.hasSuffix("\n") ? String(text.dropLast()) : text
        if let refused, refused.pin == pin { throw refused.error }
        let bytes = Array(pin.utf8)
        do {
            try module.call("C_Login") { $0.C_Login?(session, Self.user, bytes, CK_ULONG(bytes.count)) }
        } catch {
            if error.value == Self.alreadyLoggedIn { return }
            if let value = error.value, CryptokiError.ofPIN.contains(value) { refused = (pin, error) }
            throw error
        }
    }

    private func close() {
        guard let lost = open else { return }
        open = nil
        try? lost.module.call("C_CloseSession") { $0.C_CloseSession?(lost.session) }
    }

    private static let user: CK_ULONG = 1
    private static let alreadyLoggedIn: UInt = 0x100
}
