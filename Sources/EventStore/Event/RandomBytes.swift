#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Where salts and identifiers come from: the kernel's generator, or a seeded one in a simulation.
package struct RandomBytes: Sendable {
    package let make: @Sendable (_ count: Int) -> [UInt8]

    package init(make: @escaping @Sendable (_ count: Int) -> [UInt8]) {
        self.make = make
    }

    /// `getentropy(3)`, which gives at most 256 bytes at once.
    package static let system = RandomBytes { count in
        [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let part = min(256, count - filled)
                let status = getentropy(buffer.baseAddress.map { $0 + filled }, part)
                precondition(status == 0, "the kernel's random generator failed")
                filled += part
            }
        }
    }
}
