/// A text that must stand in no log line, error, metric or description. Whoever needs it says so.
package struct SecretText: Sendable {
    private let text: String

    package init(_ text: String) {
        self.text = text
    }

    package func reveal() -> String { text }

    package var isEmpty: Bool { text.isEmpty }
}

extension SecretText: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "SecretText" }
    package var debugDescription: String { "SecretText" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
