package import Foundation

/// Which log: the unit of order, of tamper evidence and of sharding. The first column of every key.
package struct LogID: Sendable, Hashable {
    package let rawValue: Int32

    package init(_ rawValue: Int32) {
        self.rawValue = rawValue
    }
}

/// Where an event stands in its log: 0, 1, 2… without gaps, in the order of commits. The index of its leaf.
package struct LogPosition: Sendable, Hashable, Comparable {
    package let rawValue: Int64

    package init(_ rawValue: Int64) {
        self.rawValue = rawValue
    }

    package static func < (left: Self, right: Self) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// How many events a stream has had: its first event is version 1, and no version is missing.
package struct StreamVersion: Sendable, Hashable, Comparable {
    package let rawValue: Int64
    package static let none = StreamVersion(0)

    package init(_ rawValue: Int64) {
        self.rawValue = rawValue
    }

    package var next: StreamVersion { StreamVersion(rawValue + 1) }

    package static func < (left: Self, right: Self) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// A customer: the identifier of an organisation (an Entra ID tenant).
package struct TenantID: Sendable, Hashable {
    package let rawValue: UUID

    package init(_ rawValue: UUID) {
        self.rawValue = rawValue
    }
}

/// Who caused an event: a random handle. What person stands behind it is kept elsewhere, and can be erased there.
package struct ActorHandle: Sendable, Hashable {
    package let rawValue: UUID

    package init(_ rawValue: UUID) {
        self.rawValue = rawValue
    }
}

/// A stream's name within its tenant: a category, and after a hyphen whatever tells its streams apart,
/// such as `account-punchout`. Lower-case ASCII letters, digits and hyphens, at most 100 bytes.
///
/// All events of a category are of one retention class, so a sweep takes a stream's oldest events and never leaves a
/// hole in its middle.
package struct StreamID: Sendable, Hashable {
    package static let maximumLength = 100
    package let name: String

    package init?(_ name: String) {
        let allowed = name.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
        guard allowed, !name.isEmpty, name.utf8.count <= Self.maximumLength, name.utf8.first != 0x2D else { return nil }
        self.name = name
    }

    /// What stands before the first hyphen.
    package var category: Substring {
        name[..<(name.utf8.firstIndex(of: 0x2D) ?? name.endIndex)]
    }

    /// Whether ``category`` is this one, which has no hyphen in it.
    package func belongs(to category: String) -> Bool {
        guard name.hasPrefix(category) else { return false }
        let rest = name.utf8.dropFirst(category.utf8.count)
        return rest.first == nil || rest.first == 0x2D
    }
}

/// A stream of a tenant.
package struct StreamKey: Sendable, Hashable {
    package let tenant: TenantID
    package let stream: StreamID

    package init(_ tenant: TenantID, _ stream: StreamID) {
        self.tenant = tenant
        self.stream = stream
    }
}
