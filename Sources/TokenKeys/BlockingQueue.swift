import Dispatch

/// A serial executor for an actor that waits for a device: its jobs run on a dispatch queue, so that they hold up nobody
/// on Swift's cooperative threads.
final class BlockingQueue: SerialExecutor {
    private let queue: DispatchQueue

    init(label: String) {
        queue = DispatchQueue(label: label)
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
