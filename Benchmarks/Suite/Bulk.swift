import BenchmarkReport
import EventStore
import Foundation
import Postgres

/// The write path without HTTP, on large batches, against COPY of events and answers, encoded and hashed beforehand,
/// into the same tables in one transaction.
struct Bulk: Sendable {
    static let append = "bulk append in process, 512 at once"
    static let copy = "COPY of such rows, one transaction"
    /// Captures that wait for the sequencer: as many as a batch holds.
    private static let atOnce = 512
    private static let accounts = 1_000

    let appended: BenchLog
    let copied: BenchLog

    static func make(_ tool: Tool, _ options: Options) async throws -> Bulk {
        Bulk(
            appended: try await BenchLog.make("bulk_append", tool, options),
            copied: try await BenchLog.make("bulk_copy", tool, options))
    }

    func run(rounds: Int, captures: Int) async throws -> [LoadRow] {
        var samples: (append: [LoadSample], copy: [LoadSample]) = ([], [])
        for _ in 1...rounds {
            samples.append.append(try await append(captures))
            samples.copy.append(try await copy(captures))
        }
        for log in [appended, copied] {
            _ = try await log.verify()
            await log.close()
        }
        return [LoadRow(Self.append, samples.append), LoadRow(Self.copy, samples.copy)]
    }

    private func append(_ captures: Int) async throws -> LoadSample {
        let tenants = (0..<Self.accounts).map { _ in TenantID(UUID()) }
        return try await BenchLog.withWriters([appended]) { working in
            try await working[0].grant(1_000_000, to: tenants)
            let people = try await working[0].people(of: tenants)
            return try await Measured.load(captures, on: appended.server) {
                try await working[0].capture(captures, atOnce: Self.atOnce, by: people)
            }
        }
    }

    private func copy(_ captures: Int) async throws -> LoadSample {
        let tenants = (0..<Self.accounts).map { _ in TenantID(UUID()) }
        try await BenchLog.withWriters([copied]) { try await $0[0].grant(1_000_000, to: tenants) }
        let loader = LogLoader(log: copied)
        var rows = try await loader.rows(for: tenants)
        let chunk = try rows.captures(captures)
        let connection = copied.server.connection
        let sample = try await Measured.load(captures, on: copied.server) {
            try await connection.script("BEGIN")
            try await loader.write(chunk)
            try await connection.script("COMMIT")
        }
        try await loader.finish(rows)
        return sample
    }
}
