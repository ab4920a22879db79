package import CreditDomain
package import EventStore
import Foundation

/// Records what becomes of tokens, and reads what they are.
package struct TokenLedger: Sendable {
    /// Events of a stream that are looked at first for the one that tells: mostly it is among the newest.
    private static let firstPage = 20

    package typealias Joined = JoinedWriter<AccountState>

    let writer: CreditLedger.Writer
    let reader: LogReader

    package init(writer: CreditLedger.Writer, reader: LogReader) {
        self.writer = writer
        self.reader = reader
    }

    /// Appends what goes without a change of the row.
    package func record(
        _ event: TokenEvent, of product: Product, of subject: DataSubject, by requester: Requester
    ) async throws -> Accepted {
        try await writer.submit(Self.command([event], of: product, of: subject, by: requester))
    }

    /// Appends what goes with a change of the row, in its transaction.
    ///
    /// - Parameter limits: the version at which nothing kept the person's data from being processed. If it is another one
    ///   by then, ``PrivacyError/overtaken``.
    package func append(
        _ events: [TokenEvent], of product: Product, of subject: DataSubject, unlimitedAt limits: StreamVersion? = nil,
        by requester: Requester, in transaction: inout Joined.Transaction
    ) async throws -> Accepted {
        try await transaction.append(
            Self.command(events, of: product, of: subject, unlimitedAt: limits, by: requester))
    }

    /// The newest that changed the token.
    package func state(of product: Product, of subject: DataSubject) async throws -> TokenState {
        let stream = StreamKey(subject.tenant, Streams.tokens(of: subject.handle, product))
        var (next, limit): (StreamVersion?, Int) = (nil, Self.firstPage)
        while true {
            let page = try await reader.stream(stream, of: .access, from: next, direction: .backward, limit: limit)
            for event in page {
                if case .token(let token) = try DomainEvent(event), let state = TokenState(token) { return state }
            }
            guard page.count == limit, let last = page.last, last.version > StreamVersion(1) else { return .none }
            (next, limit) = (StreamVersion(last.version.rawValue - 1), LogReader.maximumPage)
        }
    }

    private static func command(
        _ events: [TokenEvent], of product: Product, of subject: DataSubject,
        unlimitedAt limits: StreamVersion? = nil, by requester: Requester
    ) -> Command<AccountState> {
        let stream = Streams.tokens(of: subject.handle, product)
        let own = Streams.limits(of: subject.handle)
        return Command(
            tenant: subject.tenant, actor: requester.actor, request: requester.request,
            streams: limits == nil ? [stream] : [stream, own]
        ) { draft in
            if let limits, draft.version(of: own) != limits { throw PrivacyError.overtaken }
            for event in events { draft.append(event.newEvent, to: stream) }
            return Array("{}".utf8)
        }
    }
}
