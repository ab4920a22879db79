package import CanonicalJSON

/// A JSON object being read field by field, collecting every fault instead of stopping at the first.
///
/// Read each field, then call `finish()`, which throws if a field was wrong or was not asked for. Until then an
/// accessor returns a placeholder for a field that is wrong, so that the others can be looked at as well:
///
///     var body = try await StrictBody.object(of: request)
///     let units = body.integer("units", in: 1...100)
///     let note = body.optionalString("note", maximumBytes: 200)
///     try body.finish()
///
/// What the accessors returned may be used only after `finish()` has returned.
package struct StrictObject: Sendable {
    /// More faults than this are not listed.
    package static let maximumErrors = 32
    /// Objects and arrays that may be open at once.
    package static let maximumDepth = 4

    private let object: JSONObject
    /// The place of this object in the body, as a JSON pointer.
    private let path: String
    private var read: [String] = []
    private var errors: [ProblemDetails.FieldError] = []

    package init(_ object: JSONObject, path: String = "") {
        self.object = object
        self.path = path
    }

    /// - Throws: 400 for what is no JSON text; 422 for a text that I-JSON forbids or whose value is no object.
    package init(
        parsing bytes: some Collection<UInt8>, maximumBytes: Int = StrictBody.defaultMaximumBytes
    ) throws(ProblemDetails) {
        let value: JSONValue
        do {
            let limits = JSONParser.Limits(maximumDepth: Self.maximumDepth, maximumBytes: maximumBytes)
            value = try JSONParser.parse(bytes, limits: limits)
        } catch {
            throw ProblemDetails(error)
        }
        guard case .object(let object) = value else {
            throw ProblemDetails(
                .validation, errors: [ProblemDetails.FieldError(pointer: "", detail: "must be an object")])
        }
        self.init(object)
    }

    /// Takes the member `name`; nil if it is absent. An explicit null counts as a value.
    package mutating func take(_ name: String) -> JSONValue? {
        read.append(name)
        return object[name]
    }

    /// Notes a fault of the member `name`.
    package mutating func refuse(_ name: String, _ detail: String) {
        errors.append(ProblemDetails.FieldError(pointer: pointer(to: name), detail: detail))
    }

    /// The JSON pointer of RFC 6901 to the member `name`.
    package func pointer(to name: String) -> String {
        "\(path)/\(name.replacing("~", with: "~0").replacing("/", with: "~1"))"
    }

    /// Ends the reading.
    ///
    /// - Throws: `validation` with every fault found, members nobody asked for among them.
    package consuming func finish() throws(ProblemDetails) {
        for member in object.members where !read.contains(where: { $0.utf8.elementsEqual(member.name.utf8) }) {
            refuse(member.name, "undeclared field")
        }
        guard !errors.isEmpty else { return }
        throw ProblemDetails(.validation, errors: Array(errors.prefix(Self.maximumErrors)))
    }
}

extension StrictObject {
    /// Takes over the faults of an object inside this one, and of what it left unread.
    package mutating func finish(_ inner: consuming StrictObject) {
        do {
            try inner.finish()
        } catch {
            errors.append(contentsOf: error.errors)
        }
    }

    /// The object `name`, to be read and then given to `finish(_:)`. Empty if it is missing or no object.
    package mutating func nested(_ name: String) -> StrictObject {
        switch take(name) {
        case .object(let object)?: return StrictObject(object, path: pointer(to: name))
        case nil: refuse(name, "required")
        default: refuse(name, "must be an object")
        }
        return StrictObject(JSONObject(), path: pointer(to: name))
    }
}
