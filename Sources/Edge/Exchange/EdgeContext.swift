package import Hummingbird

/// The request context of this service's routes: Hummingbird's, and the request's identifier.
package protocol EdgeContext: RequestContext {
    /// A lower-case UUID, the client's own or a fresh one. Set before a handler sees the context.
    var requestID: String { get set }
}
