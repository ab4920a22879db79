import Foundation

/// A core file would hold keys and tokens in the clear: none is written.
enum CoreDumps {
    /// Without a size, and without any memory of the process, for handlers that a limit does not keep from reading it. A
    /// child process has the same.
    static func forbid() {
        var limit = rlimit(rlim_cur: 0, rlim_max: 0)
        _ = setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
        // Missing only where the kernel writes no cores.
        try? Data("0".utf8).write(to: URL(filePath: "/proc/self/coredump_filter"))
    }
}
