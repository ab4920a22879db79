import Sealing

/// Keys of a page that were wrapped anew, to be written under one version: whoever reads a row unwraps with the version that
/// it names, so a key written under another one would be lost with the version that really wrapped it.
struct RewrapBatch {
    /// Of the first one. What another version has wrapped, as another one came into use meanwhile, is left as it was; a
    /// later round takes it.
    private(set) var target: Int32?
    private(set) var ids: [String] = []
    private(set) var old: [[UInt8]] = []
    private(set) var new: [[UInt8]] = []

    mutating func add(_ id: String, _ before: WrappedKey, _ after: WrappedKey) {
        guard after.version != before.version, after.version == target ?? after.version else { return }
        target = after.version
        ids.append(id)
        old.append(before.bytes)
        new.append(after.bytes)
    }
}
