/// Who has which connection of a pool, as a value: every change returns what is to be done, outside the lock.
///
/// There are `size` slots. A task that leases a slot without a connection makes the connection itself, so that no
/// work goes on that no task waits for.
struct PoolState<Connection: Sendable, Waiter> {
    typealias Lease = PoolLease<Connection>

    enum Acquisition {
        case lease(Lease)
        case wait
        case full
        case closed
    }

    enum Release {
        case none
        case resume(Waiter, Lease)
        case close(Connection)
    }

    private let size: Int
    private let maximumWaiters: Int
    private(set) var leased = 0
    private(set) var isClosing = false
    private var idle: [Connection] = []
    private var waiters: [Int: Waiter] = [:]
    /// Tickets in the order they were drawn; those given up are skipped.
    private var queue: [Int] = []
    private var head = 0
    private var nextTicket = 0

    init(size: Int, maximumWaiters: Int) {
        precondition(size > 0, "a pool has at least one connection")
        self.size = size
        self.maximumWaiters = maximumWaiters
    }

    var waiting: Int { waiters.count }
    var idleCount: Int { idle.count }
    /// Closing, and everything has come back.
    var isDrained: Bool { isClosing && leased == 0 }

    mutating func acquire() -> Acquisition {
        if isClosing { return .closed }
        // The connection used last is the warmest. Nobody can be waiting while one is free.
        if let connection = idle.popLast() {
            leased += 1
            return .lease(.connection(connection))
        }
        if leased < size {
            leased += 1
            return .lease(.slot)
        }
        return waiters.count < maximumWaiters ? .wait : .full
    }

    /// A ticket for a waiter, drawn before it is enqueued so that giving up can name it.
    mutating func drawTicket() -> Int {
        nextTicket += 1
        return nextTicket
    }

    /// Acquires, or waits for its turn. `nil` means that the waiter will be resumed later.
    mutating func acquire(ticket: Int, waiter: Waiter) -> Acquisition? {
        let acquisition = acquire()
        guard case .wait = acquisition else { return acquisition }
        waiters[ticket] = waiter
        queue.append(ticket)
        return nil
    }

    /// `nil` when the waiter had its turn already.
    mutating func giveUp(ticket: Int) -> Waiter? {
        waiters.removeValue(forKey: ticket)
    }

    /// Takes a slot back, with its connection if that is usable.
    mutating func release(_ connection: Connection?) -> Release {
        precondition(leased > 0, "more connections given back than lent")
        if isClosing {
            leased -= 1
            return connection.map { .close($0) } ?? .none
        }
        if let waiter = nextWaiter() {
            return .resume(waiter, connection.map { .connection($0) } ?? .slot)
        }
        leased -= 1
        if let connection { idle.append(connection) }
        return .none
    }

    /// No lease is given from now on.
    mutating func close() -> (waiters: [Waiter], idle: [Connection]) {
        isClosing = true
        defer {
            waiters = [:]
            queue = []
            head = 0
            idle = []
        }
        return (queue[head...].compactMap { waiters[$0] }, idle)
    }

    private mutating func nextWaiter() -> Waiter? {
        defer {
            if head > 64, head * 2 > queue.count {
                queue.removeFirst(head)
                head = 0
            }
        }
        while head < queue.count {
            head += 1
            if let waiter = waiters.removeValue(forKey: queue[head - 1]) { return waiter }
        }
        return nil
    }
}

/// What a task is lent.
enum PoolLease<Connection: Sendable>: Sendable {
    case connection(Connection)
    /// The right to make one.
    case slot
}
