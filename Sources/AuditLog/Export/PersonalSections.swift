import CanonicalJSON
import Crypto
import Sealing

/// The text of a personal export, and what its manifest says of it. A section's hash is that of its items in canonical
/// JSON, each with a line feed: the same in both forms.
struct PersonalSections: Sendable {
    private struct Section {
        let name: String
        var count: Int64 = 0
        var digest = SHA256()
    }

    private let form: PersonalExport.Form
    private var bytes: [UInt8] = []
    private var current: Section?
    private var finished = JSONObject()
    private var schemas: [String: Int16] = [:]

    init(_ form: PersonalExport.Form) {
        self.form = form
    }

    mutating func begin(profile: JSONObject) -> [UInt8] {
        let item = JSONValue.object(profile).canonicalBytes()
        current = Section(name: "profile")
        count(item)
        finish()
        append("{\"profile\":")
        bytes += item
        append(form == .json ? "" : "}\n")
        return takeBytes()
    }

    mutating func beginSection(_ name: String) {
        current = Section(name: name)
        if form == .json { append(",\n\"\(name)\":[") }
    }

    mutating func add(_ item: [UInt8], ofType type: String, _ schema: Int16) {
        if form == .json { append(current?.count == 0 ? "\n" : ",\n") }
        bytes += item
        if form == .ndjson { append("\n") }
        schemas[type] = max(schemas[type] ?? 0, schema)
        count(item)
    }

    mutating func endSection() {
        finish()
        if form == .json { append("]") }
    }

    /// What was written since this was asked last.
    mutating func takeBytes() -> [UInt8] {
        defer { bytes.removeAll(keepingCapacity: true) }
        return bytes
    }

    mutating func end(manifest: JSONObject) -> [UInt8] {
        var manifest = manifest
        manifest["sections"] = .object(finished)
        manifest["schema_versions"] = .object(
            JSONObject(schemas.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.integer(Int64($0.value))) }))
        append(form == .json ? ",\n\"manifest\":" : "{\"manifest\":")
        bytes += JSONValue.object(manifest).canonicalBytes()
        append("}\n")
        return takeBytes()
    }

    private mutating func count(_ item: [UInt8]) {
        current?.count += 1
        current?.digest.update(data: item + [UInt8(ascii: "\n")])
    }

    private mutating func finish() {
        guard let section = current else { return }
        finished[section.name] = .object([
            "count": .string(String(section.count)), "sha256": .string(Hex.encode(section.digest.finalize())),
        ])
        current = nil
    }

    private mutating func append(_ text: String) {
        bytes += Array(text.utf8)
    }
}
