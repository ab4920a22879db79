/// Why a text was refused, and where: the offset counts bytes from its beginning.
package struct JSONParseError: Error, Equatable {
    package enum Kind: Sendable, Equatable {
        /// Nothing but white space.
        case empty
        case unexpectedByte
        /// Something follows the value.
        case trailingData
        /// The same name twice in one object, compared after unescaping.
        case duplicateKey(String)
        case depthExceeded
        /// Longer than the limits allow: the whole text, or one number in it.
        case tooLarge
        /// Includes overlong forms and surrogates encoded in UTF-8.
        case invalidUTF8
        /// An escaped surrogate without its partner.
        case loneSurrogate
        /// One of the 66 code points that Unicode reserves for no character; RFC 7493 forbids them.
        case noncharacter
        /// An unescaped U+0001 to U+001F in a string.
        case controlCharacter
        /// U+0000, raw or escaped.
        case nulCharacter
        case invalidEscape
        case invalidNumber
        /// Overflows a double, or is a whole number that no `Int64` holds and the canonical form would write in full.
        case numberOutOfRange
        /// The text ends inside a value.
        case unterminated
        case byteOrderMark
    }

    package let kind: Kind
    package let offset: Int

    package init(kind: Kind, offset: Int) {
        self.kind = kind
        self.offset = offset
    }
}

extension JSONParseError: CustomStringConvertible, CustomDebugStringConvertible {
    /// Names no part of the text, so that it may be logged.
    package var description: String {
        if case .duplicateKey = kind { "duplicateKey at byte \(offset)" } else { "\(kind) at byte \(offset)" }
    }

    package var debugDescription: String { "\(kind) at byte \(offset)" }
}
