import CPostgres
import Glibc
import Synchronization

/// One operating system thread for one connection, as a serial executor.
///
/// libpq is used in straight-line blocking code; the thread keeps that away from the cooperative pool. An actor that
/// should work beside a connection without switching threads returns this thread's `unownedExecutor` as its own, and
/// keeps a reference to the thread. The thread ends when the last reference is gone.
package final class ConnectionThread: Sendable {
    private let jobs: JobQueue

    /// - Parameter name: shown by the system's tools; cut at 15 bytes.
    package init(name: String = "postgres") {
        let jobs = JobQueue()
        self.jobs = jobs
        Self.detach(name: name) { jobs.run() }
    }

    deinit {
        jobs.stop()
    }

    package var unownedExecutor: UnownedSerialExecutor { jobs.asUnownedSerialExecutor() }

    /// Runs `body` on a new thread of its own that nobody waits for.
    static func detach(name: String, _ body: @escaping @Sendable () -> Void) {
        let start = Unmanaged.passRetained(Body(name: name, run: body))
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        defer { pthread_attr_destroy(&attributes) }
        var thread = pthread_t()
        let status = pthread_create(
            &thread, &attributes,
            { argument in
                guard let argument else { return nil }
                let body = Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
                _ = name_this_thread(body.name)
                body.run()
                return nil
            }, start.toOpaque())
        // A process that cannot start a thread can serve nothing; as with memory, there is no way on.
        precondition(status == 0, "pthread_create failed: \(status)")
    }

    private final class Body: Sendable {
        let name: String
        let run: @Sendable () -> Void

        init(name: String, run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }
}

/// The jobs of one thread, in the order they came.
///
/// `@unchecked Sendable`: every access to the variables is under `mutex`; a condition variable needs the C mutex, and
/// `Mutex` has none.
private final class JobQueue: SerialExecutor, @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var pending: [UnownedJob] = []
    private var stopped = false
    private let runner = Atomic<UInt>(0)

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        pthread_mutex_lock(mutex)
        pending.append(job)
        pthread_mutex_unlock(mutex)
        pthread_cond_signal(condition)
    }

    func isIsolatingCurrentContext() -> Bool? {
        runner.load(ordering: .relaxed) == UInt(pthread_self())
    }

    func checkIsolated() {
        precondition(isIsolatingCurrentContext() == true, "not on the connection's thread")
    }

    func stop() {
        pthread_mutex_lock(mutex)
        stopped = true
        pthread_mutex_unlock(mutex)
        pthread_cond_signal(condition)
    }

    /// Runs jobs until stopped and empty.
    func run() {
        runner.store(UInt(pthread_self()), ordering: .relaxed)
        var batch: [UnownedJob] = []
        while true {
            pthread_mutex_lock(mutex)
            while pending.isEmpty, !stopped { pthread_cond_wait(condition, mutex) }
            swap(&batch, &pending)
            pthread_mutex_unlock(mutex)
            if batch.isEmpty { return }
            for job in batch { job.runSynchronously(on: asUnownedSerialExecutor()) }
            batch.removeAll(keepingCapacity: true)
        }
    }
}
