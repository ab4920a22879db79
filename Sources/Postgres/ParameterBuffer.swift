import Foundation

/// The parameters of one statement as libpq takes them: pointers into one flat buffer, kept from call to call.
final class ParameterBuffer {
    private var bytes = UnsafeMutableRawPointer.allocate(byteCount: 4_096, alignment: 16)
    private var byteCapacity = 4_096
    private var capacity = 0
    private(set) var values = UnsafeMutablePointer<UnsafePointer<CChar>?>.allocate(capacity: 0)
    private(set) var lengths = UnsafeMutablePointer<Int32>.allocate(capacity: 0)
    private(set) var formats = UnsafeMutablePointer<Int32>.allocate(capacity: 0)

    deinit {
        bytes.deallocate()
        values.deallocate()
        lengths.deallocate()
        formats.deallocate()
    }

    /// Copies the parameters in. The pointers hold until the next call.
    func load(_ parameters: [Parameter]) throws(PostgresError) {
        let size = try check(parameters)
        reserve(parameters.count, bytes: size)
        var cursor = bytes
        for (index, parameter) in parameters.enumerated() {
            let length = parameter.payload.size
            lengths[index] = Int32(length)
            if case .null = parameter.payload {
                values[index] = nil
                continue
            }
            values[index] = UnsafePointer(cursor.assumingMemoryBound(to: CChar.self))
            parameter.payload.copy(to: cursor)
            cursor += length
        }
    }

    /// Refuses what cannot be sent.
    ///
    /// - Returns: the bytes of all values together.
    @discardableResult
    func check(_ parameters: [Parameter]) throws(PostgresError) -> Int {
        guard parameters.count <= Limits.parametersPerStatement else {
            throw PostgresError(.invalidParameter, "more than \(Limits.parametersPerStatement) parameters")
        }
        var size = 0
        for (index, parameter) in parameters.enumerated() {
            if case .invalid(let reason) = parameter.payload {
                throw PostgresError(.invalidParameter, "parameter $\(index + 1) is \(reason)")
            }
            let length = parameter.payload.size
            guard length <= Limits.parameterBytes else {
                throw PostgresError(.invalidParameter, "parameter $\(index + 1) is too large to send")
            }
            size += length
        }
        return size
    }

    private func reserve(_ count: Int, bytes size: Int) {
        if size > byteCapacity || byteCapacity > Limits.keptParameterBytes {
            bytes.deallocate()
            byteCapacity = max(size, 4_096)
            bytes = .allocate(byteCount: byteCapacity, alignment: 16)
        }
        guard count > capacity else { return }
        values.deallocate()
        lengths.deallocate()
        formats.deallocate()
        capacity = max(16, count)
        values = .allocate(capacity: capacity)
        lengths = .allocate(capacity: capacity)
        formats = .allocate(capacity: capacity)
        formats.initialize(repeating: 1, count: capacity)
    }
}

extension Parameter.Payload {
    fileprivate var size: Int {
        switch self {
        case .null, .invalid: 0
        case .word(_, let count): count
        case .uuid: 16
        case .bytes(let bytes): bytes.count
        }
    }

    fileprivate func copy(to target: UnsafeMutableRawPointer) {
        switch self {
        case .null, .invalid: break
        case .word(let word, let count):
            withUnsafeBytes(of: word) {
                target.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(target), byteCount: count)
            }
        case .uuid(let uuid): target.storeBytes(of: uuid, as: uuid_t.self)
        case .bytes(let bytes):
            bytes.withUnsafeBytes {
                if let start = $0.baseAddress { target.copyMemory(from: start, byteCount: $0.count) }
            }
        }
    }
}
