/// Which fault strikes in which round: all of them in a new order, again and again, so that a round's fault depends on
/// the seed and its number alone.
struct Schedule: Sendable {
    let seed: UInt64
    let faults: [Fault]

    /// - Parameter round: from 1.
    func fault(of round: Int) -> Fault {
        let block = (round - 1) / faults.count
        var random = SeededRandom(seed, UInt64(block), 0xFA17)
        return faults.shuffled(using: &random)[(round - 1) % faults.count]
    }
}
