package import CreditDomain
package import EventStore
package import Foundation

/// The streams of a tenant. All events of a stream are of one retention class.
package enum Streams {
    package static let tenant = stream("tenant")
    /// Who read what of the log.
    package static let audit = stream("audit")

    /// Of the system's own tenant: policies, holds, certificates of what was destroyed.
    package static let policy = stream("policy")
    package static let hold = stream("hold")
    package static let sweep = stream("sweep")
    /// Of the system's own tenant: what is left of captures once nobody is in it.
    package static let statistics = stream("statistics")
    /// Of the system's own tenant: events that say nothing.
    package static let padding = stream("padding")
    /// Of the system's own tenant: that the database was restored from a backup.
    package static let restoration = stream("restoration")

    /// Of the system's own tenant: what became of the key-encryption key.
    package static let kek = stream("kek")

    /// Of the system's own tenant: how far an erasure is.
    package static func erasure(_ request: UUID) -> StreamID {
        stream("erasure-\(request.lowercaseText)")
    }

    /// Of the system's own tenant: who of the staff may reach the database.
    package static let staffRoster = stream("staff-roster")

    /// Of the system's own tenant: an access of staff to the database.
    package static func staffAccess(_ access: UUID) -> StreamID {
        stream("staff-\(access.lowercaseText)")
    }

    /// Of the system's own tenant: what somebody of the staff did in one session with the database.
    package static func staffSession(_ id: UUID) -> StreamID {
        stream("session-\(id.lowercaseText)")
    }

    /// Of the system's own tenant: what does not fit together in what the server's log says.
    package static let alert = stream("alert")

    /// What an account was when its oldest events went.
    package static func carry(_ product: Product) -> StreamID {
        switch product {
        case .punchout: carryPunchout
        case .agent: carryAgent
        }
    }

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

    /// What a person asked of their data.
    package static func requests(of handle: ActorHandle) -> StreamID {
        stream("privacy-\(handle.rawValue.lowercaseText)")
    }

    /// What keeps a person's data from being processed.
    package static func limits(of handle: ActorHandle) -> StreamID {
        stream("restriction-\(handle.rawValue.lowercaseText)")
    }

    /// What becomes of a person's token for a product.
    package static func tokens(of handle: ActorHandle, _ product: Product) -> StreamID {
        stream("token-\(product.rawValue)-\(handle.rawValue.lowercaseText)")
    }

    /// Every stream that is named after a person.
    package static func all(of handle: ActorHandle) -> [StreamID] {
        [subject(handle), requests(of: handle), limits(of: handle)]
            + Product.allCases.map { tokens(of: handle, $0) }
    }

    /// The product whose account a stream is.
    package static func product(ofAccount stream: StreamID) -> Product? {
        Product.allCases.first { account($0) == stream }
    }

    /// The product whose captures a stream holds.
    package static func product(ofCaptures stream: StreamID) -> Product? {
        Product.allCases.first { captures($0) == stream }
    }

    /// Whether a stream of that name could exist: a category of the catalog, alone or with a product, a handle, or both.
    /// A name that somebody asks for is recorded, so it must not be one that says anything.
    package static func isNamed(_ stream: StreamID) -> Bool {
        guard EventCatalog.retention(ofCategory: stream.category) != nil else { return false }
        let rest = stream.name.dropFirst(stream.category.utf8.count)
        guard rest.first == "-" else { return rest.isEmpty }
        var member = rest.dropFirst()
        if Product(rawValue: String(member)) != nil { return true }
        if let product = Product.allCases.first(where: { member.hasPrefix($0.rawValue + "-") }) {
            member = member.dropFirst(product.rawValue.utf8.count + 1)
        }
        return UUID(text: member)?.lowercaseText == String(member)
    }

    private static let accountPunchout = stream("account-punchout")
    private static let accountAgent = stream("account-agent")
    private static let carryPunchout = stream("carry-punchout")
    private static let carryAgent = stream("carry-agent")
    private static let usagePunchout = stream("usage-punchout")
    private static let usageAgent = stream("usage-agent")
    private static let capturePunchout = stream("capture-punchout")
    private static let captureAgent = stream("capture-agent")

    private static func stream(_ name: String) -> StreamID {
        guard let stream = StreamID(name) else { preconditionFailure("\(name) is no name of a stream") }
        return stream
    }
}
