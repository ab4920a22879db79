import CreditDomain
import Testing

@Suite("Limits")
struct LimitTests {
    static let text255 = String(repeating: "x", count: 255)
    static let text256 = String(repeating: "x", count: 256)

    @Test("units of every command are 1 to a thousand million", arguments: [Int64.min, -1, 0, 1_000_000_001, .max])
    func unitsOutOfRange(units: Int64) throws {
        var account = Account()
        try account.grant(10)
        try account.hold("h", 5)
        let units = Credits(units)
        let request = GrantRequest(source: .manual, reference: "r", units: units)
        let commands: [CreditCommand] = [
            .check(units: units), .hold(id: "n", units: units, timeToLiveSeconds: 1),
            .debit(id: "d", units: units, hold: nil), .debit(id: "d", units: units, hold: "h"), .grant(request),
        ]
        for command in commands {
            #expect(throws: CreditError.unitsOutOfRange) { try account.run(command) }
        }
    }

    @Test("the smallest and the largest units are accepted", arguments: [Int64(1), 1_000_000_000])
    func unitsInRange(units: Int64) throws {
        var account = Account()
        let units = Credits(units)
        try account.grant(units)
        #expect(try account.run(.check(units: units)).count == 1)
        try account.hold("h", units)
        try account.debit("d", units, hold: "h")
        try account.refund("d")
        try account.debit("e", units)
        #expect(account.state.balance == 0)
    }

    @Test("a hold lives a second to seven days", arguments: [Int64.min, -1, 0, 604_801, .max])
    func timeToLiveOutOfRange(seconds: Int64) throws {
        var account = Account()
        try account.grant(1)
        #expect(throws: CreditError.timeToLiveOutOfRange) { try account.hold("h", 1, seconds: seconds) }
    }

    @Test("the shortest and the longest hold are accepted", arguments: [Int64(1), 604_800])
    func timeToLiveInRange(seconds: Int64) throws {
        var account = Account()
        try account.grant(1)
        try account.hold("h", 1, seconds: seconds)
        #expect(account.state.hold("h")?.expiresAt == .after(seconds))
    }

    @Test("references and names are 1 to 255 bytes of UTF-8, not characters")
    func lengths() throws {
        let wide = String(repeating: "é", count: 128)
        var account = Account()
        for text in ["", Self.text256, wide] {
            #expect(throws: CreditError.referenceLengthOutOfRange) {
                try account.run(.grant(GrantRequest(source: .manual, reference: text, units: 1)))
            }
            #expect(throws: CreditError.identifierLengthOutOfRange) { try account.hold(HoldID(text), 1) }
            #expect(throws: CreditError.identifierLengthOutOfRange) { try account.debit(DebitID(text), 1) }
        }
        for text in ["x", Self.text255] {
            try account.run(.grant(GrantRequest(source: .manual, reference: text, units: 1)))
            try account.hold(HoldID(text), 1)
            try account.debit(DebitID(text), 1, hold: HoldID(text))
        }
    }

    @Test("an account takes ten thousand grants and no more, and still decides")
    func grants() throws {
        var account = Account()
        for _ in 0..<CreditLimits.maximumGrants {
            try account.grant(1)
        }
        #expect(throws: CreditError.tooManyGrants) { try account.grant(1) }
        try account.debit("all", Credits(Int64(CreditLimits.maximumGrants)))
        #expect(account.debits["all"]?.allocations.count == CreditLimits.maximumGrants)
        try account.refund("all")
        #expect(account.state.balance.rawValue == Int64(CreditLimits.maximumGrants))
    }

    @Test("an account has a thousand holds open and no more, until one ends")
    func holds() throws {
        var account = Account()
        try account.grant(5_000)
        for number in 0..<CreditLimits.maximumOpenHolds {
            try account.hold(HoldID("h\(number)"), 1)
        }
        #expect(throws: CreditError.tooManyHolds) { try account.hold("more", 1) }
        var voided = account
        try voided.run(.voidHold("h7"))
        try voided.hold("more", 1)
        let events = try account.hold("more", 1, at: .after(60))
        #expect(events.count == CreditLimits.maximumOpenHolds + 1, "those that are due make room")
    }
}
