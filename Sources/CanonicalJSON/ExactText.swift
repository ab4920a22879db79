/// A string that compares and hashes by its UTF-8 bytes.
///
/// `String` itself compares by canonical equivalence, under which two different member names would count as one.
struct ExactText: Hashable {
    let text: String

    init(_ text: String) {
        self.text = text
    }

    static func == (left: ExactText, right: ExactText) -> Bool {
        left.text.utf8.count == right.text.utf8.count && left.text.utf8.elementsEqual(right.text.utf8)
    }

    func hash(into hasher: inout Hasher) {
        let hashed: Void? = text.utf8.withContiguousStorageIfAvailable {
            hasher.combine(bytes: UnsafeRawBufferPointer($0))
        }
        if hashed == nil {
            for byte in text.utf8 { hasher.combine(byte) }
        }
    }

    /// Whether `left` comes before `right` by UTF-16 code units, the member order of RFC 8785 section 3.2.3.
    ///
    /// UTF-8 bytes sort by code point, which is the same order but for one case: code points from U+10000 are
    /// surrogate pairs in UTF-16 and so come before U+E000 to U+FFFF, whose UTF-8 begins with 0xEE or 0xEF.
    static func precedes(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8) { rank($0) < rank($1) }
    }

    private static func rank(_ byte: UInt8) -> UInt8 {
        byte == 0xEE || byte == 0xEF ? byte + 0x10 : byte
    }
}
