import Foundation

/// The project's folder on disk.
enum Project {
    /// Three folders above this file; a link to the tests leads back to the project.
    static let root = URL(filePath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// Names in a folder, sorted; hidden ones are left out.
    static func names(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path(percentEncoded: false))
            .filter { !$0.hasPrefix(".") }.sorted()
    }

    /// The Swift and C files below a folder.
    static func sources(in folder: String) throws -> [SourceFile] {
        let paths = try FileManager.default.subpathsOfDirectory(
            atPath: root.appending(path: folder).path(percentEncoded: false))
        return try paths.sorted().filter { $0.hasSuffix(".swift") || $0.hasSuffix(".h") }
            .map { SourceFile(path: "\(folder)/\($0)", text: try text("\(folder)/\($0)")) }
    }
}
