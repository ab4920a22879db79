import Foundation
import Postgres

extension Database {
    /// Moves the write-ahead log and all tables of the log's database to the small file systems.
    func move(to disk: SmallDisk, log: String) async throws {
        let data = try await query("SHOW data_directory").only().string(0)
        // The server's user must own what it writes to.
        let owner = Self.owner(of: data)
        for part in SmallDisk.Part.allCases {
            for folder in [disk.path(part), disk.path(part) + "/own"] {
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                chown(folder, owner.0, owner.1)
                chmod(folder, 0o700)
            }
        }
        try await stop()
        let target = disk.path(.wal) + "/own/pg_wal"
        try await Shell.run("/bin/cp", ["-a", data + "/pg_wal", target], log: log)
        try FileManager.default.removeItem(atPath: data + "/pg_wal")
        try FileManager.default.createSymbolicLink(atPath: data + "/pg_wal", withDestinationPath: target)
        try await start()
        let connection = try await connect(database: "postgres")
        for statement in [
            "CREATE TABLESPACE small LOCATION '\(disk.path(.tables))/own'",
            "ALTER DATABASE zentriq SET TABLESPACE small",
            "ALTER SYSTEM SET max_wal_size = '256MB'", "SELECT pg_reload_conf()",
        ] {
            try await connection.script(statement)
        }
        await connection.close()
    }

    private static func owner(of path: String) -> (uid_t, gid_t) {
        var status = stat()
        stat(path, &status)
        return (status.st_uid, status.st_gid)
    }
}
