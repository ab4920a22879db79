/// The names by which vendors' hosts are known: fully qualified, in lower case, in ASCII.
///
/// A name is an identifier in events and is compared byte by byte, so that there is one spelling for each host:
/// IDNA names as A-labels (RFC 5890), no trailing dot, no port.
package enum HostName {
    /// RFC 1035 section 3.1, without the root's dot.
    package static let maximumBytes = 253
    package static let maximumLabelBytes = 63

    package enum Fault: Sendable, Equatable {
        case length
        case scheme
        case userinfo
        case path
        case port
        case addressLiteral
        case trailingDot
        case singleLabel
        case emptyLabel
        case labelLength
        case upperCase
        case character
        case hyphen
        case reservedHyphens
        case punycode
        case numericTopLevel
        case localName

        /// What to do about it; names no part of the value.
        package var detail: String {
            switch self {
            case .length: "must have 1 to \(maximumBytes) bytes"
            case .scheme: "must be a host name without a scheme"
            case .userinfo: "must be a host name without user information"
            case .path: "must be a host name without a path or query"
            case .port: "must be a host name without a port"
            case .addressLiteral: "must be a host name, not an IP address"
            case .trailingDot: "must not end with a dot"
            case .singleLabel: "must have at least two labels"
            case .emptyLabel: "must not have an empty label"
            case .labelLength: "must not have a label of more than \(maximumLabelBytes) bytes"
            case .upperCase: "must be in lower case"
            case .character: "must consist of ASCII letters, digits, hyphens and dots (IDNA names as xn-- labels)"
            case .hyphen: "must not have a label that begins or ends with a hyphen"
            case .reservedHyphens: "must not have a label with hyphens in third and fourth place, except xn--"
            case .punycode: "must not have an xn-- label that is not valid Punycode"
            case .numericTopLevel: "must not have a top-level label of digits only"
            case .localName: "must not be a name of the local machine"
            }
        }
    }

    /// Nil if `text` is a host name as described above.
    package static func validate(_ text: String) -> Fault? {
        let bytes = Array(text.utf8)
        if let fault = shape(bytes) { return fault }
        let labels = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        for label in labels {
            if let fault = validate(label: label) { return fault }
        }
        guard let last = labels.last else { return .length }
        if last.elementsEqual("localhost".utf8) { return .localName }
        guard labels.count >= 2 else { return .singleLabel }
        if last.allSatisfy(isDigit) { return isAddress(labels) ? .addressLiteral : .numericTopLevel }
        return nil
    }

    /// What is something else than a name: the faults worth a message of their own.
    private static func shape(_ bytes: [UInt8]) -> Fault? {
        guard (1...maximumBytes).contains(bytes.count) else { return .length }
        if bytes.contains(UInt8(ascii: "[")) { return .addressLiteral }
        if bytes.contains(UInt8(ascii: "@")) { return .userinfo }
        if let colon = bytes.firstIndex(of: UInt8(ascii: ":")) {
            let rest = bytes[(colon + 1)...]
            if rest.starts(with: "//".utf8) { return .scheme }
            if rest.contains(UInt8(ascii: ":")) { return .addressLiteral }
            return .port
        }
        if bytes.contains(where: { "/?#\\".utf8.contains($0) }) { return .path }
        return bytes.count > 1 && bytes.last == UInt8(ascii: ".") ? .trailingDot : nil
    }

    private static func validate(label: ArraySlice<UInt8>) -> Fault? {
        guard let first = label.first, let last = label.last else { return .emptyLabel }
        guard label.count <= maximumLabelBytes else { return .labelLength }
        let hyphen = UInt8(ascii: "-")
        for byte in label where !isLower(byte) && !isDigit(byte) && byte != hyphen {
            return (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? .upperCase : .character
        }
        if first == hyphen || last == hyphen { return .hyphen }
        guard label.dropFirst(2).starts(with: "--".utf8) else { return nil }
        guard label.starts(with: "xn".utf8) else { return .reservedHyphens }
        return Punycode.decodesToUnicodeLabel(label.dropFirst(4)) ? nil : .punycode
    }

    private static func isAddress(_ labels: [ArraySlice<UInt8>]) -> Bool {
        labels.count == 4 && labels.allSatisfy { $0.allSatisfy(isDigit) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isLower(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
    }
}
