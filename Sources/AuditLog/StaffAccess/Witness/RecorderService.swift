package import Logging
import ServiceLifecycle

/// Records what staff does, all the time.
package struct RecorderService: Service {
    private static let pause = Duration.milliseconds(500)
    private static let waitingPause = Duration.seconds(5)
    private static let failurePause = Duration.seconds(2)

    let recorder: Recorder
    let logger: Logger

    package init(recorder: Recorder, logger: Logger) {
        self.recorder = recorder
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let pause: Duration
                do {
                    switch try await recorder.round() {
                    case .busy: continue
                    case .idle: pause = Self.pause
                    case .waiting: pause = Self.waitingPause
                    }
                } catch {
                    if Task.isCancelled { return }
                    logger.error("what staff does can't be recorded, trying again", metadata: ["error": "\(error)"])
                    pause = Self.failurePause
                }
                try? await Task.sleep(for: pause)
            }
        }
    }
}
