import CPKCS11

/// Attributes of an object, as a call of a module takes them. To be freed after the call.
struct Template {
    enum Value {
        case number(CK_ULONG)
        case flag(Bool)
        case text(String)

        var bytes: [UInt8] {
            switch self {
            case .number(let number): withUnsafeBytes(of: number) { [UInt8]($0) }
            case .flag(let flag): [flag ? 1 : 0]
            case .text(let text): Array(text.utf8)
            }
        }
    }

    let attributes: UnsafeMutableBufferPointer<CK_ATTRIBUTE>

    init(_ values: [(CK_ULONG, Value)]) {
        attributes = .allocate(capacity: values.count)
        for (index, (type, value)) in values.enumerated() {
            let bytes = value.bytes
            let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, bytes.count), alignment: 8)
            copy.copyBytes(from: bytes)
            attributes.initializeElement(
                at: index,
                to: CK_ATTRIBUTE(type: type, pValue: copy.baseAddress, ulValueLen: CK_ULONG(bytes.count)))
        }
    }

    func free() {
        for attribute in attributes { attribute.pValue?.deallocate() }
        attributes.deallocate()
    }
}

/// Numbers of PKCS #11.
enum Attribute {
    /// Longer than any that is read here, in bytes.
    static let maximumLength: CK_ULONG = 4_096

    static let objectClass: CK_ULONG = 0x00
    static let token: CK_ULONG = 0x01
    static let isPrivate: CK_ULONG = 0x02
    static let label: CK_ULONG = 0x03
    static let checkValue: CK_ULONG = 0x90
    static let keyType: CK_ULONG = 0x100
    static let sensitive: CK_ULONG = 0x103
    static let encrypt: CK_ULONG = 0x104
    static let decrypt: CK_ULONG = 0x105
    static let wrap: CK_ULONG = 0x106
    static let unwrap: CK_ULONG = 0x107
    static let valueLength: CK_ULONG = 0x161
    static let extractable: CK_ULONG = 0x162

    /// Values of ``objectClass`` and ``keyType``.
    static let secretKey: CK_ULONG = 0x04
    static let aes: CK_ULONG = 0x1F
}
