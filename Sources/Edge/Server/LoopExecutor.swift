import NIOCore

/// Runs the tasks of a connection on the thread of its event loop: a request is read, carried out and answered without
/// a change of threads, but for those it waits for.
///
/// What never waits there delays every connection of the loop. Swift's own pool would be no different: it has as few
/// threads as NIO.
final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) {
        self.loop = loop
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
