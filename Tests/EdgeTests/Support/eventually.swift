/// Waits until `condition` holds. The test's time limit ends a wait in vain.
func eventually(_ condition: () throws -> Bool) async throws {
    while try !condition() { try await Task.sleep(for: .milliseconds(5)) }
}
