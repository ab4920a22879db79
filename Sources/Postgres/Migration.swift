import Foundation

/// One numbered step of the schema.
package struct Migration: Sendable, Hashable {
    /// From 1, without gaps.
    package let number: Int
    /// What stands between the number and `.sql`.
    package let name: String

    package var fileName: String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "_\(name).sql"
    }
}

/// Why the schema cannot be brought up to date. `description` is one line that says what to do.
package struct MigrationError: Error, CustomStringConvertible, CustomDebugStringConvertible {
    package enum Reason: Sendable, Hashable {
        case unreadable, misnamed, gap, changed, missing, outOfOrder, endsTransaction, failed
    }

    package let reason: Reason
    package let description: String
    /// What the database said, if the migration itself failed.
    package let underlying: PostgresError?

    init(_ reason: Reason, _ description: String, underlying: PostgresError? = nil) {
        self.reason = reason
        self.description = description
        self.underlying = underlying
    }

    package var debugDescription: String {
        underlying.map { "\(description) [\($0.debugDescription)]" } ?? description
    }
}

/// A migration as it lies in the folder.
struct MigrationFile {
    let migration: Migration
    let text: String

    /// All migrations of a folder in order: `NNNN_name.sql`, from 0001, without gaps.
    static func load(from directory: String) throws(MigrationError) -> [MigrationFile] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasSuffix(".sql") }
        } catch {
            throw MigrationError(.unreadable, "the folder of migrations cannot be read: \(directory)")
        }
        var files: [MigrationFile] = []
        for name in names.sorted() {
            let migration = try parse(name)
            guard migration.number == files.count + 1 else {
                throw MigrationError(
                    .gap, "migration \(name) follows \(files.count) others; number migrations from 0001 without gaps")
            }
            let path = directory + "/" + name
            guard let data = FileManager.default.contents(atPath: path),
                let text = String(validating: data, as: UTF8.self)
            else {
                throw MigrationError(.unreadable, "migration \(name) cannot be read as UTF-8")
            }
            files.append(MigrationFile(migration: migration, text: text))
        }
        return files
    }

    private static func parse(_ fileName: String) throws(MigrationError) -> Migration {
        let stem = fileName.dropLast(4)
        let digits = stem.prefix { $0 != "_" }
        let name = stem.dropFirst(digits.count + 1)
        guard digits.utf8.count == 4, digits.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int(digits),
            !name.isEmpty, name.utf8.allSatisfy({ (97...122).contains($0) || (48...57).contains($0) || $0 == 95 })
        else {
            throw MigrationError(
                .misnamed, "migration \(fileName) is not named NNNN_name.sql in lower case; rename it")
        }
        return Migration(number: number, name: String(name))
    }
}
