/// An event that a test did not reckon with, by its type.
package struct UnexpectedEvent: Error {
    package let type: String

    package init(_ type: String) {
        self.type = type
    }
}
