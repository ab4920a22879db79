/// Finds a repeated member name: by comparison in small objects, by hash in large ones, where comparing each name
/// with all before it would let a sender buy quadratic work with linear bytes.
struct SeenNames {
    private static let maximumCompared = 8

    private var hashed: Set<ExactText> = []

    /// False if `name` is among `members`, all of which have been inserted before.
    mutating func insert(_ name: String, after members: [JSONObject.Member]) -> Bool {
        let name = ExactText(name)
        if members.count < Self.maximumCompared {
            return !members.contains { ExactText($0.name) == name }
        }
        if hashed.isEmpty {
            hashed = Set(members.map { ExactText($0.name) })
        }
        return hashed.insert(name).inserted
    }
}
