import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A private key kept in a file that only its owner may read.
enum PrivateKeyFile {
    /// - Returns: the contents, or `nil` if there is no such file.
    /// - Throws: if the file is a link, belongs to someone else, or group or others have any right to it.
    static func read(_ path: String) throws(PrivateKeyFileError) -> String? {
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw .system(errno)
        }
        defer { close(descriptor) }

        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .system(errno) }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid(), status.st_mode & 0o077 == 0 else {
            throw .notPrivate
        }
        guard status.st_size <= IdentityLimits.keyFileBytes else { throw .malformed }
        guard let data = try? FileHandle(fileDescriptor: descriptor, closeOnDealloc: false).readToEnd(),
            let text = String(validating: data, as: UTF8.self)
        else { throw .malformed }
        return text
    }

    /// Writes a new file of mode 0600; an existing one is left as it is.
    ///
    /// The file appears under its name only when it is whole, so two processes that start together agree on a key.
    static func create(_ path: String, _ contents: String) throws(PrivateKeyFileError) {
        let temporary = "\(path).\(UUID().uuidString)"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .system(errno) }
        defer { unlink(temporary) }
        do {
            let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
            defer { close(descriptor) }
            try file.write(contentsOf: Data(contents.utf8))
            try file.synchronize()
        } catch {
            throw .system(EIO)
        }
        guard link(temporary, path) == 0 || errno == EEXIST else { throw .system(errno) }
    }
}

/// Why a private key file cannot be used.
package enum PrivateKeyFileError: Error, Hashable, Sendable {
    /// Not a plain file of ours with mode 0600 or less.
    case notPrivate
    case malformed
    /// The `errno` of the operation that failed.
    case system(Int32)
}
