/// The members of a JSON object in the order they were read or added. No name occurs twice.
package struct JSONObject: Sendable {
    package typealias Member = (name: String, value: JSONValue)

    package private(set) var members: [Member]

    package init() {
        members = []
    }

    /// - Precondition: no name occurs twice. The parser has checked it; for members that code lists it is asserted.
    package init(_ members: [Member]) {
        assert(Set(members.map { ExactText($0.name) }).count == members.count, "a member name occurs twice")
        self.members = members
    }

    package var count: Int { members.count }

    /// The member's value by its exact name, or nil. Setting replaces in place or appends; setting nil removes.
    package subscript(name: String) -> JSONValue? {
        get {
            index(of: name).map { members[$0].value }
        }
        set {
            switch (index(of: name), newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append((name, value))
            case (nil, nil): break
            }
        }
    }

    /// The members in the order of the canonical form.
    func membersInCanonicalOrder() -> [Member] {
        members.sorted { ExactText.precedes($0.name, $1.name) }
    }

    private func index(of name: String) -> Int? {
        let name = ExactText(name)
        return members.firstIndex { ExactText($0.name) == name }
    }
}

extension JSONObject: Equatable {
    /// The order of members carries no meaning in JSON, so it does not count.
    package static func == (left: JSONObject, right: JSONObject) -> Bool {
        guard left.count == right.count else { return false }
        return left.membersInCanonicalOrder().elementsEqual(right.membersInCanonicalOrder()) {
            ExactText($0.name) == ExactText($1.name) && $0.value == $1.value
        }
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self.init(elements.map { (name: $0.0, value: $0.1) })
    }
}
