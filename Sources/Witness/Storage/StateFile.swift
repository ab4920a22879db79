import Crypto
import TransparencyLog

/// What the files about a log are called. An origin may hold anything, its hash only digits.
struct StateFile {
    let origin: KeyName
    private let hash: String

    init(_ origin: KeyName) {
        self.origin = origin
        hash = TreeHash(Array(SHA256.hash(data: Array(origin.text.utf8))))?.hex ?? ""
    }

    /// The checkpoint cosigned last.
    var checkpoint: String { hash + ".checkpoint" }

    /// Two trees of one size.
    var fork: String { hash + ".fork" }
}
