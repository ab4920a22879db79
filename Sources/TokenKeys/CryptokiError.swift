/// What a PKCS #11 module answered, or why it can't be asked.
enum CryptokiError: Error, Hashable, CustomStringConvertible {
    /// What is wrong with the configuration, the module or the token, in words.
    case unusable(String)
    /// A function and the value it returned.
    case refused(String, UInt)

    var description: String {
        switch self {
        case .unusable(let reason): reason
        case .refused(let function, let value): "\(function) answered \(Self.name(of: value))"
        }
    }

    var value: UInt? {
        guard case .refused(_, let value) = self else { return nil }
        return value
    }

    /// The session, or the token, is not there any more: a new session may help.
    var needsNewSession: Bool {
        guard let value else { return false }
        return Self.ofSessions.contains(value)
    }

    /// What was to be decrypted is not authentic; some modules say no more than that something went wrong.
    static let invalidData: Set<UInt> = [0x40, 0x41, 0x42]
    static let unspecific: Set<UInt> = [0x05, 0x06]
    /// The PIN is wrong, and each further try with it brings the token nearer to being locked.
    static let ofPIN: Set<UInt> = [0xA0, 0xA1, 0xA2, 0xA3, 0xA4]
    private static let ofSessions: Set<UInt> = [
        0x30, 0x31, 0x32, 0x60, 0x82, 0xB0, 0xB3, 0xE0, 0xE1, 0x101, 0x190,
    ]

    static func name(of value: UInt) -> String {
        names[value] ?? "0x" + String(value, radix: 16)
    }

    private static let names: [UInt: String] = [
        0x02: "CKR_HOST_MEMORY", 0x03: "CKR_SLOT_ID_INVALID", 0x05: "CKR_GENERAL_ERROR", 0x06: "CKR_FUNCTION_FAILED",
        0x07: "CKR_ARGUMENTS_BAD", 0x0A: "CKR_CANT_LOCK", 0x12: "CKR_ATTRIBUTE_TYPE_INVALID",
        0x13: "CKR_ATTRIBUTE_VALUE_INVALID", 0x1B: "CKR_ACTION_PROHIBITED", 0x30: "CKR_DEVICE_ERROR",
        0x31: "CKR_DEVICE_MEMORY", 0x32: "CKR_DEVICE_REMOVED", 0x40: "CKR_ENCRYPTED_DATA_INVALID",
        0x41: "CKR_ENCRYPTED_DATA_LEN_RANGE", 0x42: "CKR_AEAD_DECRYPT_FAILED", 0x54: "CKR_FUNCTION_NOT_SUPPORTED",
        0x60: "CKR_KEY_HANDLE_INVALID", 0x62: "CKR_KEY_SIZE_RANGE", 0x63: "CKR_KEY_TYPE_INCONSISTENT",
        0x68: "CKR_KEY_FUNCTION_NOT_PERMITTED", 0x70: "CKR_MECHANISM_INVALID", 0x71: "CKR_MECHANISM_PARAM_INVALID",
        0x82: "CKR_OBJECT_HANDLE_INVALID", 0x90: "CKR_OPERATION_ACTIVE", 0xA0: "CKR_PIN_INCORRECT",
        0xA1: "CKR_PIN_INVALID", 0xA2: "CKR_PIN_LEN_RANGE", 0xA3: "CKR_PIN_EXPIRED", 0xA4: "CKR_PIN_LOCKED",
        0xB0: "CKR_SESSION_CLOSED", 0xB1: "CKR_SESSION_COUNT", 0xB3: "CKR_SESSION_HANDLE_INVALID",
        0xB5: "CKR_SESSION_READ_ONLY", 0xD0: "CKR_TEMPLATE_INCOMPLETE", 0xD1: "CKR_TEMPLATE_INCONSISTENT",
        0xE0: "CKR_TOKEN_NOT_PRESENT", 0xE1: "CKR_TOKEN_NOT_RECOGNIZED", 0xE2: "CKR_TOKEN_WRITE_PROTECTED",
        0x101: "CKR_USER_NOT_LOGGED_IN", 0x102: "CKR_USER_PIN_NOT_INITIALIZED", 0x150: "CKR_BUFFER_TOO_SMALL",
        0x190: "CKR_CRYPTOKI_NOT_INITIALIZED",
    ]
}
