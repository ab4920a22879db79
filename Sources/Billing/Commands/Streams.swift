package import CreditDomain
package import EventStore

/// The streams of a tenant. All events of a stream are of one retention class.
package enum Streams {
    package static let tenant = stream("tenant")

    /// Everything that moves credits.
    package static func account(_ product: Product) -> StreamID {
        switch product {
        case .punchout: accountPunchout
        case .agent: accountAgent
        }
    }

    /// The checks.
    package static func usage(_ product: Product) -> StreamID {
        switch product {
        case .punchout: usagePunchout
        case .agent: usageAgent
        }
    }

    /// The metadata of captures.
    package static func captures(_ product: Product) -> StreamID {
        switch product {
        case .punchout: capturePunchout
        case .agent: captureAgent
        }
    }

    package static func subject(_ handle: ActorHandle) -> StreamID {
        stream("subject-\(handle.rawValue.lowercaseText)")
    }

    /// The product whose account a stream is.
    package static func product(ofAccount stream: StreamID) -> Product? {
        Product.allCases.first { account($0) == stream }
    }

    private static let accountPunchout = stream("account-punchout")
    private static let accountAgent = stream("account-agent")
    private static let usagePunchout = stream("usage-punchout")
    private static let usageAgent = stream("usage-agent")
    private static let capturePunchout = stream("capture-punchout")
    private static let captureAgent = stream("capture-agent")

    private static func stream(_ name: String) -> StreamID {
        guard let stream = StreamID(name) else { preconditionFailure("\(name) is no name of a stream") }
        return stream
    }
}
