import NIOCore

/// What a connection is doing and until when it may: a pure value, told the time by its owner.
struct ConnectionPhases {
    enum Phase: Equatable {
        /// TLS only: before the handshake's end.
        case handshake
        /// Nothing is in hand.
        case idle
        /// Some bytes of a head have come.
        case head
        /// A head has come, its body has not ended.
        case body
        /// Every request has come whole, some response is not written.
        case response
        /// The last response is written and the output closed; input is thrown away.
        case lingering
    }

    private(set) var phase: Phase
    /// When the phase began; during a response, when its last part was written.
    private(set) var since: NIODeadline
    /// Requests whose response has not ended.
    private(set) var unanswered = 0
    private let limits: ConnectionLimits

    init(limits: ConnectionLimits, secure: Bool, at now: NIODeadline) {
        self.limits = limits
        phase = secure ? .handshake : .idle
        since = now
    }

    var deadline: NIODeadline { since + TimeAmount(limit(of: phase)) }

    /// No phase ends sooner after its beginning, lingering apart: a timer that looks this often is never late.
    var shortestLimit: TimeAmount {
        TimeAmount(min(limits.idleTimeout, limits.headDeadline, limits.requestDeadline))
    }

    mutating func completedHandshake(at now: NIODeadline) {
        if phase == .handshake { enter(.idle, at: now) }
    }

    /// Bytes came that did not complete a head.
    mutating func readFragment(at now: NIODeadline) {
        if phase == .idle || phase == .handshake { enter(.head, at: now) }
    }

    mutating func readHead(at now: NIODeadline) {
        unanswered += 1
        enter(.body, at: now)
    }

    mutating func readEnd(at now: NIODeadline) {
        if phase == .body { enter(unanswered > 0 ? .response : .idle, at: now) }
    }

    /// A part of a response was written, or the client took some of it.
    mutating func progressed(at now: NIODeadline) {
        if phase == .response { since = now }
    }

    mutating func wroteEnd(at now: NIODeadline) {
        unanswered -= 1
        if phase == .response { enter(unanswered > 0 ? .response : .idle, at: now) }
    }

    mutating func linger(at now: NIODeadline) {
        enter(.lingering, at: now)
    }

    private mutating func enter(_ next: Phase, at now: NIODeadline) {
        phase = next
        since = now
    }

    private func limit(of phase: Phase) -> Duration {
        switch phase {
        case .handshake, .head: limits.headDeadline
        case .idle: limits.idleTimeout
        case .body, .response: limits.requestDeadline
        case .lingering: limits.lingerTimeout
        }
    }
}
