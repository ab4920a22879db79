import Testing

@testable import Postgres

/// The pool's decisions, without connections: they are numbers here, and waiters too.
@Suite("Pool state")
struct PoolStateTests {
    private typealias State = PoolState<Int, Int>

    private let now = ContinuousClock.now

    @Test("slots are lent up to the size, then tasks wait in order")
    func order() throws {
        var state = State(size: 2, maximumWaiters: 10)
        #expect(state.acquire().isSlot)
        #expect(state.acquire().isSlot)
        for waiter in 1...3 {
            #expect(state.acquire(ticket: state.drawTicket(), waiter: waiter) == nil)
        }
        #expect(state.waiting == 3)
        for waiter in 1...3 {
            let release = state.release(waiter * 10)
            guard case .resume(waiter, .connection(waiter * 10)) = release else {
                Issue.record("waiter \(waiter) was not resumed: \(release)")
                return
            }
        }
        #expect(state.leased == 2)
        #expect(state.waiting == 0)
    }

    @Test("the connection used last is lent first")
    func warmest() {
        var state = State(size: 3, maximumWaiters: 1)
        for _ in 0..<3 { #expect(state.acquire().isSlot) }
        for connection in 1...3 { _ = state.release(connection) }
        #expect(state.idleCount == 3)
        for connection in [3, 2, 1] { #expect(state.acquire().connection == connection) }
    }

    @Test("a broken connection gives its slot to the next task, to connect anew")
    func broken() {
        var state = State(size: 1, maximumWaiters: 1)
        _ = state.acquire()
        _ = state.acquire(ticket: state.drawTicket(), waiter: 7)
        guard case .resume(7, .slot) = state.release(nil) else {
            Issue.record("the waiter was not given the slot")
            return
        }
        guard case .none = state.release(nil) else {
            Issue.record("nobody waits any more")
            return
        }
        #expect(state.leased == 0)
        #expect(state.acquire().isSlot)
    }

    @Test("one who gave up is skipped, and gives up once")
    func givingUp() {
        var state = State(size: 1, maximumWaiters: 5)
        _ = state.acquire()
        let tickets = (1...3).map { waiter in
            let ticket = state.drawTicket()
            _ = state.acquire(ticket: ticket, waiter: waiter)
            return ticket
        }
        #expect(state.giveUp(ticket: tickets[0]) == 1)
        #expect(state.giveUp(ticket: tickets[0]) == nil)
        guard case .resume(2, _) = state.release(1) else {
            Issue.record("the second waiter was not resumed")
            return
        }
        #expect(state.giveUp(ticket: tickets[1]) == nil)
        #expect(state.giveUp(ticket: 999) == nil)
    }

    @Test("beyond the limit of waiters a task is refused")
    func full() {
        var state = State(size: 1, maximumWaiters: 2)
        _ = state.acquire()
        for waiter in 1...2 { #expect(state.acquire(ticket: state.drawTicket(), waiter: waiter) == nil) }
        guard case .full = state.acquire() else {
            Issue.record("a third waiter was taken")
            return
        }
    }

    @Test("closing ends all waits, in order, and drains when everything has come back")
    func closing() {
        var state = State(size: 2, maximumWaiters: 5)
        _ = state.acquire()
        _ = state.acquire()
        _ = state.release(5)
        _ = state.acquire()
        for waiter in 1...2 { _ = state.acquire(ticket: state.drawTicket(), waiter: waiter) }
        let closed = state.close()
        #expect(closed.waiters == [1, 2])
        #expect(closed.idle.isEmpty)
        #expect(!state.isDrained)
        guard case .closed = state.acquire() else {
            Issue.record("a closed pool lends")
            return
        }
        guard case .close(5) = state.release(5), case .none = state.release(nil) else {
            Issue.record("connections that come back are not closed")
            return
        }
        #expect(state.isDrained)
    }

    @Test("whatever the order of events, nothing is lent twice and nobody is forgotten")
    func random() {
        var random = SeededRandom.announced()
        for _ in 0..<200 {
            let size = Int.random(in: 1...4, using: &random)
            var state = State(size: size, maximumWaiters: 50)
            var lent: [Int?] = []
            var waiting: [Int: Int] = [:]
            var next = 0
            for _ in 0..<300 {
                switch Int.random(in: 0..<4, using: &random) {
                case 0, 1:
                    next += 1
                    let ticket = state.drawTicket()
                    switch state.acquire(ticket: ticket, waiter: next) {
                    case nil: waiting[ticket] = next
                    case .lease(.connection(let connection)): lent.append(connection)
                    case .lease(.slot): lent.append(nil)
                    case .full: #expect(state.waiting == 50)
                    default: Issue.record("unexpected answer")
                    }
                case 2:
                    guard !lent.isEmpty else { continue }
                    lent.remove(at: Int.random(in: 0..<lent.count, using: &random))
                    next += 1
                    let whole = Bool.random(using: &random)
                    if case .resume(let waiter, let lease) = state.release(whole ? next : nil) {
                        // The one who waited longest.
                        let first = waiting.min { $0.key < $1.key }
                        #expect(first?.value == waiter)
                        if let first { waiting[first.key] = nil }
                        if case .connection(let connection) = lease {
                            lent.append(connection)
                        } else {
                            lent.append(nil)
                        }
                    }
                default:
                    guard let (ticket, waiter) = waiting.randomElement(using: &random) else { continue }
                    #expect(state.giveUp(ticket: ticket) == waiter)
                    waiting[ticket] = nil
                }
                #expect(state.leased == lent.count)
                #expect(state.waiting == waiting.count)
                #expect(lent.count <= size)
                #expect(Set(lent.compactMap { $0 }).count == lent.compactMap { $0 }.count)
                #expect(waiting.isEmpty || lent.count == size)
            }
        }
    }

    @Test("pauses between attempts double up to the maximum, and end with a success")
    func backoff() {
        var backoff = Backoff()
        #expect(backoff.notBefore == nil)
        for (failure, expected) in [50, 100, 200, 400, 800, 1_600, 2_000, 2_000].enumerated() {
            backoff.failed(now: now, jitter: 1)
            #expect(backoff.notBefore == now + .milliseconds(expected), "failure \(failure)")
        }
        backoff.failed(now: now, jitter: 0)
        #expect(backoff.notBefore == now + .seconds(1))
        backoff.succeeded()
        #expect(backoff.notBefore == nil)
    }
}

extension PoolState.Acquisition {
    fileprivate var isSlot: Bool {
        if case .lease(.slot) = self { true } else { false }
    }

    fileprivate var connection: Connection? {
        if case .lease(.connection(let connection)) = self { connection } else { nil }
    }
}
