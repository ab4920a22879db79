import NIOCore
import Testing

@testable import Edge

@Suite("The phases of a connection")
struct ConnectionPhasesTests {
    private let limits = ConnectionLimits()
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    private func after(_ seconds: Int64) -> NIODeadline { start + .seconds(seconds) }

    @Test("a fresh connection may be idle, with TLS it must shake hands first")
    func fresh() {
        let plain = ConnectionPhases(limits: limits, secure: false, at: start)
        #expect(plain.deadline == after(60))
        var secure = ConnectionPhases(limits: limits, secure: true, at: start)
        #expect(secure.deadline == after(10))
        secure.completedHandshake(at: after(3))
        #expect(secure.deadline == after(63))
    }

    @Test("a head's deadline is not moved by further fragments")
    func head() {
        var phases = ConnectionPhases(limits: limits, secure: false, at: start)
        for second in 5..<9 { phases.readFragment(at: after(Int64(second))) }
        #expect(phases.phase == .head)
        #expect(phases.deadline == after(15))
    }

    @Test("a body's deadline is counted from its head")
    func body() {
        var phases = ConnectionPhases(limits: limits, secure: false, at: start)
        phases.readHead(at: after(1))
        phases.readFragment(at: after(20))
        phases.progressed(at: after(20))
        #expect(phases.phase == .body)
        #expect(phases.deadline == after(31))
    }

    @Test("a response may take as long as it makes progress")
    func response() {
        var phases = ConnectionPhases(limits: limits, secure: false, at: start)
        phases.readHead(at: after(1))
        phases.readEnd(at: after(2))
        #expect(phases.deadline == after(32))
        phases.progressed(at: after(31))
        #expect(phases.deadline == after(61))
        phases.wroteEnd(at: after(50))
        #expect(phases.phase == .idle)
        #expect(phases.deadline == after(110))
    }

    @Test("pipelined requests are all answered before the connection is idle")
    func pipelining() {
        var phases = ConnectionPhases(limits: limits, secure: false, at: start)
        for _ in 0..<2 {
            phases.readHead(at: start)
            phases.readEnd(at: start)
        }
        #expect(phases.unanswered == 2)
        phases.wroteEnd(at: after(1))
        #expect(phases.phase == .response)
        phases.wroteEnd(at: after(2))
        #expect(phases.phase == .idle)
    }

    @Test("a response before the body's end leaves the body's deadline in force")
    func earlyResponse() {
        var phases = ConnectionPhases(limits: limits, secure: false, at: start)
        phases.readHead(at: after(1))
        phases.wroteEnd(at: after(2))
        #expect(phases.phase == .body)
        #expect(phases.deadline == after(31))
        phases.readEnd(at: after(3))
        #expect(phases.phase == .idle)
    }

    @Test("lingering ends soon, whatever still comes")
    func lingering() {
        var phases = ConnectionPhases(limits: limits, secure: false, at: start)
        phases.linger(at: after(1))
        phases.readFragment(at: after(2))
        phases.readEnd(at: after(2))
        phases.progressed(at: after(2))
        #expect(phases.phase == .lingering)
        #expect(phases.deadline == after(3))
    }

    @Test("the timer's step is the shortest limit")
    func step() {
        #expect(ConnectionPhases(limits: limits, secure: false, at: start).shortestLimit == .seconds(10))
    }
}
