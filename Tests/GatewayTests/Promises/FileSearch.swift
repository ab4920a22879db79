import EventStore
import Foundation
import LogTesting
import Postgres
import PostgresTesting
import Testing

/// Looks for bytes in every file that a server and this service have written.
struct FileSearch: Sendable {
    enum Place: String, CaseIterable, Comparable {
        case tables = "tables, indexes (base, global)"
        case statistics = "planner's samples (pg_statistic)"
        case writeAheadLog = "write-ahead log (pg_wal)"
        case rest = "rest of the data folder"
        case serverLog = "server's log"
        case serviceLog = "service's log"
        case backup = "new base backup"

        static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }

    struct Secret: Sendable {
        let name: String
        /// It is found where any of these is.
        let patterns: [[UInt8]]

        init(_ name: String, _ patterns: [[UInt8]]) {
            self.name = name
            self.patterns = patterns
        }

        /// Bytes as they are and as text in hexadecimal; both ends, as a page may end between them.
        init(_ name: String, bytes: [UInt8]) {
            let parts = [Array(bytes.dropFirst().prefix(16)), Array(bytes.suffix(16))]
            self.init(name, parts + parts.map { Array(FileSearch.hex($0).utf8) })
        }
    }

    let cluster: PrivateCluster
    let gateway: TestGateway
    let folder: URL

    // MARK: What to look for

    /// All of a customer's person that must go.
    static func secrets(of customer: Customer, host: String, at gateway: TestGateway) async throws -> [Secret] {
        let object = customer.subject.uuidString
        let raw = withUnsafeBytes(of: customer.subject.uuid) { Array($0) }
        let columns = try await values(
            """
            SELECT 'envelope', salt FROM zentriq.events WHERE tenant_id = $1 AND class = 'capture'
            UNION ALL SELECT 'lookup code', lookup FROM zentriq.subjects WHERE tenant_id = $1
            UNION ALL SELECT 'sealed name', object FROM zentriq.subjects WHERE tenant_id = $1
            """, customer, gateway)
        #expect(columns.count == 5)
        return try await keys(of: customer, at: gateway) + columns + [
            Secret("host", [Array(host.utf8), Array(hex(Array(host.utf8)).utf8)]),
            Secret(
                "object id",
                [Array(object.utf8), Array(object.lowercased().utf8), Array(hex(raw).utf8), raw]),
        ]
    }

    static func keys(of customer: Customer, at gateway: TestGateway) async throws -> [Secret] {
        try await values(
            "SELECT 'wrapped key', wrapped FROM zentriq.subject_keys WHERE tenant_id = $1", customer, gateway)
    }

    private static func values(_ sql: String, _ customer: Customer, _ gateway: TestGateway) async throws -> [Secret] {
        try await gateway.connected(as: .superuser) { connection in
            try await connection.query(Statement(sql), [.uuid(customer.tenant)])
                .map { Secret(try $0.string(0), bytes: try $0.bytes(1)) }
        }
    }

    static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    // MARK: Where

    /// The names of those that were found, by place.
    func run(_ secrets: [Secret], backup name: String) async throws -> [Place: Set<String>] {
        let data = try await dataFolder()
        let backup = folder.appending(path: name)
        try await makeBackup(in: backup)
        let logged = folder.appending(path: "service.log")
        try Data(gateway.logs.lines.joined(separator: "\n").utf8).write(to: logged)
        let all = files(data)
        func inside(_ names: String...) -> [String] {
            all.filter { file in names.contains { file.contains("/\($0)/") } }
        }
        let places: [Place: [String]] = [
            .tables: inside("base", "global"), .writeAheadLog: inside("pg_wal"),
            .rest: Array(Set(all).subtracting(inside("base", "global", "pg_wal"))),
            .serverLog: [cluster.serverLog.path], .serviceLog: [logged.path], .backup: files(backup),
        ]
        var found: [Place: Set<String>] = [.statistics: try await samples(secrets)]
        for (place, files) in places {
            #expect(!files.isEmpty, "\(place.rawValue)")
            found[place] = try look(for: secrets, in: files)
        }
        return found
    }

    private struct Question: Encodable {
        let files: [String]
        let secrets: [String: [String]]
    }

    /// With Python, which finds bytes in files as fast as memory is read.
    private func look(for secrets: [Secret], in files: [String]) throws -> Set<String> {
        let patterns = Dictionary(grouping: secrets, by: \.name).mapValues { $0.flatMap(\.patterns).map(Self.hex) }
        let question = folder.appending(path: "question.json")
        try JSONEncoder().encode(Question(files: files, secrets: patterns)).write(to: question)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = ["-c", Self.script, question.path]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let answer = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return Set(try JSONDecoder().decode([String].self, from: answer))
    }

    private static let script = """
        import json, sys
        question = json.load(open(sys.argv[1]))
        found = set()
        for name in question["files"]:
            try:
                content = open(name, "rb").read()
            except FileNotFoundError:  # one may go while others are read
                continue
            for secret, patterns in question["secrets"].items():
                if secret not in found and any(bytes.fromhex(pattern) in content for pattern in patterns):
                    found.add(secret)
        print(json.dumps(sorted(found)))
        """

    private func samples(_ secrets: [Secret]) async throws -> Set<String> {
        try await gateway.connected(as: .superuser) { connection in
            var found: Set<String> = []
            for secret in secrets {
                for text in secret.patterns.compactMap({ String(validating: $0, as: UTF8.self) })
                where !text.contains("\0") {
                    let rows = try await connection.query(
                        "SELECT count(*) FROM pg_statistic AS s WHERE position($1 IN s::text) > 0", [.text(text)])
                    if try rows.only().int64(0) > 0 { found.insert(secret.name) }
                }
            }
            return found
        }
    }

    private func dataFolder() async throws -> URL {
        try await gateway.connected(as: .superuser) { connection in
            try await connection.script("CHECKPOINT")
            return URL(filePath: try await connection.query("SHOW data_directory").only().string(0))
        }
    }

    private func makeBackup(in target: URL) async throws {
        let configuration = try gateway.configuration(.superuser)
        let programs = try await gateway.connected(as: .superuser) { connection in
            try await connection.query("SELECT setting FROM pg_config WHERE name = 'BINDIR'").only().string(0)
        }
        let process = Process()
        process.executableURL = URL(filePath: programs).appending(path: "pg_basebackup")
        process.arguments = [
            "--host", configuration.host, "--port", String(configuration.port), "--username", configuration.user,
            "--pgdata", target.path, "--wal-method=stream", "--checkpoint=fast", "--no-sync",
        ]
        process.environment = ["PGPASSWORD": configuration.password ?? ""]
        let status: Int32 = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        try #require(status == 0, "pg_basebackup failed")
    }

    private func files(_ folder: URL) -> [String] {
        let enumerator = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: [.isRegularFileKey])
        return (enumerator?.compactMap { $0 as? URL } ?? [])
            .filter { (try? $0.resourceValues(forKeys: [.isRegularFileKey]))?.isRegularFile == true }.map(\.path)
    }
}
