/// The result of one statement, copied out of libpq: values in one flat buffer and where each lies in it.
package struct Rows: Sendable, RandomAccessCollection {
    let storage: RowStorage
    /// Rows an INSERT, UPDATE, DELETE, SELECT, COPY or MERGE touched; 0 for other commands.
    package let affected: Int

    package var columnNames: [String] { storage.columns.names }
    package var startIndex: Int { 0 }
    package var endIndex: Int { storage.rowCount }

    package subscript(position: Int) -> Row {
        precondition(position >= 0 && position < storage.rowCount, "row out of range")
        return Row(storage: storage, index: position)
    }

    /// The only row.
    ///
    /// - Throws: `decoding` unless there is exactly one.
    package func only() throws(PostgresError) -> Row {
        guard count == 1 else { throw PostgresError(.decoding, "expected one row, found \(count)") }
        return self[0]
    }
}

/// Values stay out of every text made from a result.
extension Rows: CustomStringConvertible, CustomReflectable {
    package var description: String { "\(count) rows of \(columnNames)" }

    package var customMirror: Mirror { Mirror(self, children: ["description": description]) }
}

/// Where one value lies in the buffer of its result; a negative length is NULL.
struct Cell {
    let offset: Int
    let length: Int32
}

final class RowStorage: Sendable {
    let columns: Columns
    let bytes: [UInt8]
    let cells: [Cell]
    let rowCount: Int

    init(columns: Columns, bytes: [UInt8], cells: [Cell], rowCount: Int) {
        self.columns = columns
        self.bytes = bytes
        self.cells = cells
        self.rowCount = rowCount
    }

    static let empty = RowStorage(columns: .none, bytes: [], cells: [], rowCount: 0)
}

/// Names and types of the columns of a result, made once per prepared statement.
final class Columns: Sendable {
    let names: [String]
    let types: [UInt32]

    init(names: [String], types: [UInt32]) {
        self.names = names
        self.types = types
    }

    static let none = Columns(names: [], types: [])
}
