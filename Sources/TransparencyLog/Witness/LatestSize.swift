/// What a witness answers when a log is mistaken about the size it cosigned last: that size, c2sp.org/tlog-witness
/// ("add-checkpoint").
public struct LatestSize: Sendable, Equatable {
    /// By which the answer is told from others of status 409.
    public static let mediaType = "text/x.tlog.size"
    /// The greatest size, and a newline.
    public static let maximumByteCount = 20

    public let value: UInt64

    /// - Parameter value: at most `Checkpoint.maximumSize`.
    public init(_ value: UInt64) {
        self.value = value
    }

    /// Reads a body: a decimal and a newline. Nil for anything else.
    public init?(parsing bytes: some Collection<UInt8>) {
        guard bytes.count <= Self.maximumByteCount else { return nil }
        var lines = LineScanner(Array(bytes)[...])
        guard let digits = lines.next(), lines.isAtEnd,
            let value = Decimal.parse(digits, maximum: Checkpoint.maximumSize)
        else { return nil }
        self.value = value
    }

    public func encoded() -> [UInt8] {
        Array("\(value)\n".utf8)
    }
}
