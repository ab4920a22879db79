import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A folder of small files that one process at a time writes, each of them replaced as a whole and durably.
///
/// Blocks its caller while the disk works.
package final class StateFolder: Sendable {
    /// Of a file's new content, until it is renamed. What a killed process left is overwritten by the next one.
    package static let suffix = ".new"

    private let descriptor: Int32

    /// Opens a folder that exists.
    ///
    /// - Parameter locking: holds it until the value goes away or the process ends, however it ends.
    package init(_ path: String, locking: Bool = true) throws(StateFolderError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(errno) }
        guard !locking || flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let number = errno
            close(descriptor)
            throw number == EWOULDBLOCK ? .inUse : .system(number)
        }
        self.descriptor = descriptor
    }

    /// A folder in this one, which is made if it is not there. Not locked: this one is.
    package func subfolder(_ name: String, making: Bool) throws(StateFolderError) -> StateFolder {
        if making, mkdirat(descriptor, name, 0o700) == 0 {
            guard fsync(descriptor) == 0 else { throw .system(errno) }
        } else if making, errno != EEXIST {
            throw .system(errno)
        }
        let opened = openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard opened >= 0 else { throw .system(errno) }
        return StateFolder(descriptor: opened)
    }

    private init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        // A child process that is just being started has the descriptor too, until it is another program.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    /// What is in it, in the order of names.
    package func names() throws(StateFolderError) -> [String] {
        // Of its own: reading moves its offset, and closing the stream closes it.
        let opened = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard opened >= 0 else { throw .system(errno) }
        guard let stream = fdopendir(opened) else {
            close(opened)
            throw .system(errno)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    package func exists(_ name: String) throws(StateFolderError) -> Bool {
        if faccessat(descriptor, name, F_OK, 0) == 0 { return true }
        guard errno == ENOENT else { throw .system(errno) }
        return false
    }

    /// - Returns: the content, or nil if there is no such file.
    package func read(_ name: String, maximumByteCount: Int) throws(StateFolderError) -> [UInt8]? {
        let file = openat(descriptor, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw .system(errno)
        }
        defer { close(file) }
        let data: Data?
        do {
            data = try FileHandle(fileDescriptor: file, closeOnDealloc: false).read(upToCount: maximumByteCount + 1)
        } catch {
            throw .system(EIO)
        }
        guard (data?.count ?? 0) <= maximumByteCount else { throw .tooLarge }
        return data.map(Array.init) ?? []
    }

    /// Replaces a file, or makes it. When this returns, the new content is on the disk; if it throws, or if the process
    /// or the machine dies, the file has the old content or the new one.
    package func replace(_ name: String, with content: [UInt8]) throws(StateFolderError) {
        try stage(name, content)
        guard renameat(descriptor, name + Self.suffix, descriptor, name) == 0, fsync(descriptor) == 0 else {
            throw .system(errno)
        }
    }

    /// The first half of `replace`: writes the content beside the file.
    package func stage(_ name: String, _ content: [UInt8]) throws(StateFolderError) {
        let file = openat(
            descriptor, name + Self.suffix, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .system(errno) }
        defer { close(file) }
        do {
            try FileHandle(fileDescriptor: file, closeOnDealloc: false).write(contentsOf: Data(content))
        } catch {
            throw .system(EIO)
        }
        guard fsync(file) == 0 else { throw .system(errno) }
    }
}

/// Why a folder, or a file in it, can't be used.
package enum StateFolderError: Error, Equatable, CustomStringConvertible {
    /// Another process holds it.
    case inUse
    case tooLarge
    /// The `errno` of the operation that failed.
    case system(Int32)

    package var description: String {
        switch self {
        case .inUse: "another process uses it"
        case .tooLarge: "a file in it is too large"
        case .system(let number): String(cString: strerror(number))
        }
    }
}
