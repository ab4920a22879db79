package import CanonicalJSON

/// Turns the payload of one schema version of a type into that of the next.
package struct Upcaster: Sendable {
    package let type: String
    package let from: Int16
    package let rewrite: @Sendable (JSONObject) throws -> JSONObject

    package init(type: String, from: Int16, rewrite: @escaping @Sendable (JSONObject) throws -> JSONObject) {
        self.type = type
        self.from = from
        self.rewrite = rewrite
    }
}

extension [Upcaster] {
    /// The payload as the newest schema version has it. Throws if a step is missing, or the version is from the future.
    package func lift(_ payload: JSONObject, of type: String, from version: Int16, to newest: Int16) throws
        -> JSONObject
    {
        guard version <= newest, version >= 1 else {
            throw EventDecodingError.unknownVersion(type: type, version: version)
        }
        var payload = payload
        for step in version..<newest {
            guard let upcaster = first(where: { $0.type == type && $0.from == step }) else {
                throw EventDecodingError.unknownVersion(type: type, version: step)
            }
            payload = try upcaster.rewrite(payload)
        }
        return payload
    }
}
