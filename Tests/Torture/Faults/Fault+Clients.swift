import Foundation
import TortureHistory

extension Fault {
    private static func idleConnections(_ isShort: Bool) -> Int { isShort ? 2_000 : 10_000 }

    static let clientFaults = [
        Fault(name: "slow-clients", summary: "clients that send their request a few bytes at a time") { context in
            let count = Int.random(in: 20...60, using: &context.random)
            await RawClients.slow(count, &context)
            return "\(count) clients"
        },
        Fault(name: "vanishing-clients", summary: "clients that are gone before their request is sent, or answered") {
            context in
            let count = Int.random(in: 50...200, using: &context.random)
            await RawClients.vanishing(count, &context)
            return "\(count) clients"
        },
        Fault(name: "endless-bodies", summary: "bodies that never end, in chunks and by their announced length") {
            context in
            let count = Int.random(in: 10...40, using: &context.random)
            let time = context.random.milliseconds(500...1_500)
            let sent = await RawClients.endless(count, context, for: time)
            return "\(count) bodies, \(sent >> 20) MiB sent"
        },
        Fault(name: "idle-connections", summary: "10,000 connections that say nothing (2,000 in the short form)") {
            context in
            let count = idleConnections(context.isShort)
            let open = await RawClients.idle(count, port: context.gateway.port)
            defer { for descriptor in open { close(descriptor) } }
            try await context.pause(500...1_500)
            guard open.count == count else {
                throw NotPossible("only \(open.count) connections could be opened: the limit of open files is too low")
            }
            return "\(open.count) connections"
        },
    ]
}

/// The machine doesn't let it happen: no result, neither good nor bad.
struct NotPossible: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
