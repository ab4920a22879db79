import BillingTesting
import Foundation
import Sealing

/// The bench's key-encryption key in a folder, as the tool wants it: beside the cluster, which goes when the tests end.
enum BenchKeys {
    static let folder: String = {
        let parent = ProcessInfo.processInfo.environment["ZENTRIQ_TEST_CLUSTER"] ?? NSTemporaryDirectory()
        let path = "\(parent)/../kek"
        do {
            guard !FileManager.default.fileExists(atPath: path) else { return path }
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            let key = Data(repeating: 0x4B, count: KeyEncryptionKey.byteCount).base64EncodedString() + "\n"
            let isMade = FileManager.default.createFile(
                atPath: "\(path)/1.key", contents: Data(key.utf8), attributes: [.posixPermissions: 0o400])
            precondition(isMade, "no key in \(path)")
            return path
        } catch { preconditionFailure("\(error)") }
    }()
}
