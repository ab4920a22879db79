import AuditLog
import Gateway

/// Rotation of the key-encryption key, for commands.
enum KeyRotation {
    /// With the log's writer, for commands that the log tells of.
    static func writing<Value>(_ body: (KeyRotator) async throws -> Value) async throws -> Value {
        try await PlatformAccess.writing(withRetention: true) { try await body(rotator($0)) }
    }

    static func rotator(_ platform: Platform) throws -> KeyRotator {
        guard let rotator = platform.keyRotator() else {
            throw Settings.Failure(description: "ZENTRIQ_RETENTION_PASSWORD is not set")
        }
        return rotator
    }
}
