import ArgumentParser
import AuditLog
import EventStore
import Foundation
import Gateway
import Postgres
import Restoration
import Sealing
import TransparencyLog
import Witness

extension ExitCode {
    /// The log or a projection is not what it should be.
    static let findings = ExitCode(2)
    /// The database is older than its erasure ledger: nothing may be served or written.
    static let restored = ExitCode(3)
    /// EX_UNAVAILABLE of sysexits.h.
    static let unavailable = ExitCode(69)
    /// EX_CONFIG of sysexits.h.
    static let misconfigured = ExitCode(78)
}

/// Runs a command; what goes wrong becomes one line on standard error and an exit code.
func reportingFailure(_ body: () async throws -> Void) async throws {
    do {
        try await body()
    } catch let exit as ExitCode {
        throw exit
    } catch let error as Settings.Failure {
        try fail("\(error)", .misconfigured)
    } catch let error as LogError {
        switch error {
        case .notDurable, .otherSigner, .foreignHead: try fail("\(error)", .misconfigured)
        default: try fail("\(error)", .failure)
        }
    } catch let error as PostgresError {
        switch error.kind {
        case .connectFailed, .connectionLost, .poolExhausted:
            try fail("\(error); is the server of ZENTRIQ_DATABASE_HOST up? (ops/up starts it)", .unavailable)
        case .invalidParameter: try fail("\(error)", .misconfigured)
        default: try fail("\(error)", .failure)
        }
    } catch let error as MissingPrivileges {
        try fail("\(error)", .misconfigured)
    } catch let error as RestoreRefusal {
        try fail("\(error)", error.exitCode)
    } catch let error as KeyProviderError {
        try fail("\(error)", .misconfigured)
    } catch let error as KeyRotator.Refusal {
        switch error {
        case .inUse, .unreadable: try fail("\(error)", .findings)
        default: try fail("\(error)", .failure)
        }
    } catch let error as WrongKeyEncryptionKey {
        try fail("\(error)", .misconfigured)
    } catch let error as WitnessPushError where error.isFinding {
        try fail("\(error)", .findings)
    } catch let error as WitnessPolicyError {
        try fail("\(error)", .misconfigured)
    } catch WitnessStoreError.unusable(let reason) {
        try fail("\(WitnessStoreError.unusable(reason))", .misconfigured)
    } catch {
        try fail("\(error)", .failure)
    }
}

extension RestoreRefusal {
    var exitCode: ExitCode {
        switch self {
        case .unusable, .empty, .usedKey: .misconfigured
        case .damaged, .otherHistory: .findings
        case .behind, .applying, .notErased: .restored
        case .inUse: .failure
        }
    }
}

private func fail(_ reason: String, _ code: ExitCode) throws -> Never {
    FileHandle.standardError.write(Data("zentriq: \(reason)\n".utf8))
    throw code
}
