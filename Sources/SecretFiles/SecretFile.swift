import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A secret kept in a file that only its owner may read.
package enum SecretFile {
    /// Largest file that is taken for a secret, in bytes.
    package static let maximumByteCount = 16 * 1_024

    /// - Returns: the contents, or `nil` if there is no such file.
    /// - Throws: if the file is a link, belongs to someone else, or group or others have any right to it.
    package static func read(_ path: String) throws(SecretFileError) -> String? {
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
        guard status.st_size <= maximumByteCount else { throw .malformed }
        guard let data = try? FileHandle(fileDescriptor: descriptor, closeOnDealloc: false).readToEnd(),
            let text = String(validating: data, as: UTF8.self)
        else { throw .malformed }
        return text
    }

    /// Writes a new file that its owner may read and nobody may change: mode 0400. An existing one is left as it is.
    ///
    /// The file appears under its name only when it is whole, so two processes that start together agree on a secret.
    ///
    /// - Returns: whether it was made; `false` if there was one.
    @discardableResult
    package static func create(_ path: String, _ contents: String) throws(SecretFileError) -> Bool {
        let temporary = "\(path).\(UUID().uuidString)"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o400)
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
        if link(temporary, path) == 0 {
            try synchronize(folderOf: path)
            return true
        }
        guard errno == EEXIST else { throw .system(errno) }
        return false
    }

    /// Writes random bytes over a file, deletes it, and waits until both are on the disk. Nothing happens if there is no such
    /// file.
    package static func destroy(_ path: String) throws(SecretFileError) {
        // Its mode lets nobody write.
        let reading = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard reading >= 0 else {
            if errno == ENOENT { return }
            throw .system(errno)
        }
        defer { close(reading) }
        var status = stat()
        guard fstat(reading, &status) == 0 else { throw .system(errno) }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid() else { throw .notPrivate }
        guard fchmod(reading, 0o600) == 0 else { throw .system(errno) }
        let descriptor = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(errno) }
        do {
            let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
            defer { close(descriptor) }
            var random = SystemRandomNumberGenerator()
            try file.write(contentsOf: Data((0..<max(0, Int(status.st_size))).map { _ in random.next() as UInt8 }))
            try file.synchronize()
        } catch {
            throw .system(EIO)
        }
        guard unlink(path) == 0 || errno == ENOENT else { throw .system(errno) }
        try synchronize(folderOf: path)
    }

    /// A file's name is on the disk only when its folder is.
    private static func synchronize(folderOf path: String) throws(SecretFileError) {
        let folder = path.contains("/") ? String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) : "."
        let descriptor = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .system(errno) }
    }
}

/// Why a file can't be used as a secret.
package enum SecretFileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Not a plain file of ours that nobody else has a right to.
    case notPrivate
    case malformed
    /// The `errno` of the operation that failed.
    case system(Int32)

    package var description: String {
        switch self {
        case .notPrivate: "not a plain file of your own with mode 0400 (chmod 400)"
        case .malformed: "does not hold what it should"
        case .system(let number): String(cString: strerror(number))
        }
    }
}
