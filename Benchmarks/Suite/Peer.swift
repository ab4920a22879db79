/// What others do with one debit or event a request, as it was measured on a machine of this kind beside the same floor.
/// They are not at hand in a run, so their share of the floor of their own run stands for them.
struct Peer: Sendable {
    static let note = "measured earlier, by its share of the floor"
    /// Best of 1, 32 and 64 clients.
    private static let floor = 13_200.0

    let name: String
    private let rate: Double

    var shareOfFloor: Double { rate / Self.floor }

    static let all = [
        Peer(name: "message-db", rate: 2_700), Peer(name: "pgledger", rate: 1_880),
        Peer(name: "TigerBeetle, one a request", rate: 1_922),
    ]
}
