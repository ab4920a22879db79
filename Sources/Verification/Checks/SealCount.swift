import EventStore

/// How many sealed events there are, and how many of them could be opened.
package struct SealCount: Sendable, Equatable {
    package private(set) var opened: Int64 = 0
    /// Their subject's key was destroyed.
    package private(set) var destroyed: Int64 = 0
    /// There was no key-encryption key to open them with.
    package private(set) var unopened: Int64 = 0

    package var all: Int64 { opened + destroyed + unopened }

    mutating func take(_ row: CheckedRow) {
        if row.key != nil { opened += 1 }
        switch row.closed {
        case .destroyed?: destroyed += 1
        case .noKeys?: unopened += 1
        case .damaged?, .noVersion?, nil: break
        }
    }
}
