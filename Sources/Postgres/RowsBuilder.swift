import CPostgres
import Glibc

/// Copies rows out of libpq's results.
struct RowsBuilder {
    private var columns: Columns
    private var bytes: [UInt8] = []
    private var cells: [Cell] = []
    private(set) var rowCount = 0
    private(set) var affected = 0

    /// - Parameter columns: what the statement gave the last time; reused when the types still fit.
    init(columns: Columns = .none) {
        self.columns = columns
    }

    mutating func append(_ result: OpaquePointer) throws(PostgresError) {
        let rows = Int(PQntuples(result))
        let width = Int(PQnfields(result))
        if rowCount == 0 {
            try describe(result, width)
            affected = RowsBuilder.affected(result)
        }
        guard rows > 0, width > 0 else {
            rowCount += rows
            return
        }
        if rows > 1 { reserve(result, rows: rows, width: width) }
        for row in 0..<Int32(rows) {
            for column in 0..<Int32(width) {
                let length = PQgetlength(result, row, column)
                if length == 0, PQgetisnull(result, row, column) == 1 {
                    cells.append(Cell(offset: bytes.count, length: -1))
                    continue
                }
                cells.append(Cell(offset: bytes.count, length: length))
                if length > 0, let value = PQgetvalue(result, row, column) {
                    bytes.append(contentsOf: UnsafeRawBufferPointer(start: value, count: Int(length)))
                }
            }
        }
        rowCount += rows
    }

    /// What has been collected; the builder starts anew.
    mutating func take() -> Rows {
        defer {
            bytes = []
            cells = []
            rowCount = 0
        }
        if rowCount == 0, columns.names.isEmpty { return Rows(storage: .empty, affected: affected) }
        return Rows(
            storage: RowStorage(columns: columns, bytes: bytes, cells: cells, rowCount: rowCount), affected: affected)
    }

    private mutating func reserve(_ result: OpaquePointer, rows: Int, width: Int) {
        var size = 0
        for row in 0..<Int32(rows) {
            for column in 0..<Int32(width) { size += Int(PQgetlength(result, row, column)) }
        }
        bytes.reserveCapacity(bytes.count + size)
        cells.reserveCapacity(cells.count + rows * width)
    }

    private mutating func describe(_ result: OpaquePointer, _ width: Int) throws(PostgresError) {
        for column in 0..<Int32(width) where PQfformat(result, column) != 1 {
            throw PostgresError(.protocolViolation, "column \(column) came as text")
        }
        if columns.types.count == width,
            (0..<width).allSatisfy({ columns.types[$0] == PQftype(result, Int32($0)) })
        {
            return
        }
        columns =
            width == 0
            ? .none
            : Columns(
                names: (0..<Int32(width)).map { PQfname(result, $0).map { String(cString: $0) } ?? "" },
                types: (0..<Int32(width)).map { PQftype(result, $0) })
    }

    static func affected(_ result: OpaquePointer) -> Int {
        guard let text = PQcmdTuples(result), text[0] != 0 else { return 0 }
        return atol(text)
    }

    var describedColumns: Columns { columns }
}
