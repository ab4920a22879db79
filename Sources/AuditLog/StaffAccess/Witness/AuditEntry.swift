/// What pgAudit says in a line: `AUDIT: SESSION,1,1,READ,SELECT,TABLE,zentriq.heads,"SELECT …",<none>`.
struct AuditEntry: Equatable {
    let number: Int64
    let part: Int64
    let action: String
    let command: String
    let objectType: String
    let object: String
    let text: String
    let parameters: String

    private static let lead = "AUDIT: SESSION,"

    /// Nil for a line that is not pgAudit's: a function can write the same words, but not without saying where.
    init?(_ line: ServerLogLine) {
        guard line.context == nil, line.severity == "LOG", line.message.hasPrefix(Self.lead) else { return nil }
        let fields = Self.fields(line.message.utf8.dropFirst(Self.lead.utf8.count))
        guard fields.count == 8, let number = Int64(fields[0]), let part = Int64(fields[1]) else { return nil }
        self.number = number
        self.part = part
        action = fields[2]
        command = fields[3]
        objectType = fields[4]
        object = fields[5]
        text = fields[6]
        parameters = fields[7]
    }

    /// Separated by commas; in quotes, doubled within, where a field holds any of both or a line's end. The last one, of
    /// parameters, goes to the end.
    private static func fields(_ bytes: Substring.UTF8View) -> [String] {
        var fields: [String] = []
        var rest = bytes
        while fields.count < 7 {
            var field: [UInt8] = []
            if rest.first == UInt8(ascii: "\"") {
                rest = rest.dropFirst()
                while let end = rest.firstIndex(of: UInt8(ascii: "\"")) {
                    field += rest[..<end]
                    rest = rest[end...].dropFirst()
                    guard rest.first == UInt8(ascii: "\"") else { break }
                    field.append(UInt8(ascii: "\""))
                    rest = rest.dropFirst()
                }
                guard rest.first == UInt8(ascii: ",") else { return [] }
            } else {
                guard let end = rest.firstIndex(of: UInt8(ascii: ",")) else { return [] }
                field += rest[..<end]
                rest = rest[end...]
            }
            rest = rest.dropFirst()
            fields.append(String(decoding: field, as: UTF8.self))
        }
        return fields + [String(decoding: rest, as: UTF8.self)]
    }
}
