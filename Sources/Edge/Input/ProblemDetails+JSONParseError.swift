import CanonicalJSON

extension ProblemDetails {
    /// 400 for what is no JSON text at all, 422 for a text that JSON allows and this service does not.
    init(_ error: JSONParseError) {
        switch error.kind {
        case .duplicateKey:
            self.init(.validation, detail: "A member name occurs twice, at byte \(error.offset).")
        case .depthExceeded:
            self.init(.validation, detail: "The body is nested too deeply, at byte \(error.offset).")
        case .loneSurrogate, .noncharacter:
            self.init(.validation, detail: "A string is not valid Unicode, at byte \(error.offset).")
        case .nulCharacter:
            self.init(.validation, detail: "U+0000 is not allowed, at byte \(error.offset).")
        case .numberOutOfRange:
            self.init(.validation, detail: "A number is out of range, at byte \(error.offset).")
        case .tooLarge:
            self.init(.payloadTooLarge)
        case .empty:
            self.init(.malformedJSON, detail: "The body is empty.")
        case .unexpectedByte, .trailingData, .invalidUTF8, .controlCharacter, .invalidEscape, .invalidNumber,
            .unterminated, .byteOrderMark:
            self.init(.malformedJSON, detail: "The body is not valid JSON at byte \(error.offset).")
        }
    }
}
