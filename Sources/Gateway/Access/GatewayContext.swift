import Edge
package import Hummingbird
import NIOCore

/// The context of a request.
package struct GatewayContext: EdgeContext {
    package var coreContext: CoreRequestContextStorage
    package var requestID = ""

    package init(source: Source) {
        coreContext = .init(source: source)
    }
}
