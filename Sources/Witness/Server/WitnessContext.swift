import Edge
package import Hummingbird
import NIOCore

/// What the witness knows of whoever asks: the address, to be counted by.
package struct WitnessContext: EdgeContext {
    package var coreContext: CoreRequestContextStorage
    package var requestID = ""
    let address: String

    package init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        address = source.channel.remoteAddress?.ipAddress ?? "unknown"
    }
}
