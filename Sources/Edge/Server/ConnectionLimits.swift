/// The limits of connections and of what is read from them before a handler sees it.
package struct ConnectionLimits: Sendable {
    /// More wait in the kernel's backlog. One turn of the event loop may exceed it by ``acceptsPerTurn``.
    package var maximumConnections = 4_096
    /// What doesn't fit is sent again by the client's kernel, after one second, then after two more.
    package var backlog = 4_096
    /// Connections accepted in one turn of the event loop: with few, a burst of them overflows the backlog while the
    /// turns are long.
    package var acceptsPerTurn: UInt = 64
    /// Requests carried out at once, two full appends; further ones are refused with 503.
    package var maximumRequests = 1_024
    /// Name and value of one header line, and the request target.
    package var maximumHeaderBytes = 8 * 1_024
    /// All names and values and the request target together.
    package var maximumHeaderListBytes = 16 * 1_024
    package var maximumHeaderCount = 64
    /// The rest of a body nobody wants is read and thrown away up to here; beyond, the connection is closed.
    package var maximumDiscardedBytes = 64 * 1_024

    /// Between a response and the first byte of the next request.
    package var idleTimeout: Duration = .seconds(60)
    /// From the first byte of a request's head to its last; with TLS, from the connection to the end of the handshake.
    package var headDeadline: Duration = .seconds(10)
    /// From the head to the end of the body; then the longest time without a part of the response written.
    package var requestDeadline: Duration = .seconds(30)
    /// How long a connection that is being closed is still read from, so that the last response is not lost to a reset.
    package var lingerTimeout: Duration = .seconds(2)

    package init() {}
}
