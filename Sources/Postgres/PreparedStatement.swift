import Glibc

/// A statement as one connection knows it.
final class PreparedStatement {
    /// The server's name for it, as a C string.
    let name: UnsafeMutablePointer<CChar>
    /// The parameter types it was prepared with.
    let types: [UInt32]
    /// The columns of its last result.
    var columns = Columns.none

    init(statement: Statement, number: Int, parameters: [Parameter]) {
        let label = statement.name.map { "\($0.prefix(Limits.statementLabelLength))_" } ?? "s"
        name = strdup("\(label)\(number)")
        types = parameters.map(\.type)
    }

    func fits(_ parameters: [Parameter]) -> Bool {
        guard parameters.count == types.count else { return false }
        for index in types.indices where types[index] != parameters[index].type { return false }
        return true
    }

    deinit {
        free(name)
    }
}
