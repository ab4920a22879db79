import Billing
import CanonicalJSON
import CreditDomain
import EventStore
import Foundation
import Retention
import TransparencyLog

/// An event in words: what happened, when, to whose account, and who caused it.
package struct EventSentences: Sendable {
    private let members: JSONObject

    package init(_ receipt: VerifiedReceipt) {
        members = receipt.members
    }

    package var all: [String] { [what] + terms + [whose, who] }

    // MARK: What happened

    private var decoded: DomainEvent? {
        guard let type = text("type"), let schema = members["schema"]?.integerValue.flatMap(Int16.init(exactly:)),
            let data = members["data"]
        else { return nil }
        return try? DomainEvent(type: type, schemaVersion: schema, data: data.canonicalBytes())
    }

    private var what: String {
        switch decoded {
        case .credit(let event)?: what(event)
        case .capture(let record)?:
            "A cart with \(count(Int64(record.lineCount), "line")) was captured at \(record.vendorHost) on "
                + "\(time(record.capturedAt)), by the browser's clock: \(record.outcome.rawValue). "
                + "The capture is \(record.id.uuidString.lowercased())."
        case .tenantRegistered?: "The tenant became known to the log."
        case .auditRead(let read)?:
            "\(read.route.rawValue) was read for an audit"
                + (read.positions.map { ", positions \($0.lowerBound.rawValue) to \($0.upperBound.rawValue - 1)" } ?? "")
                + "."
        case .carried(let carried)?:
            "The account's balance of \(carried.state.balance.rawValue) after its version \(carried.version.rawValue) was "
                + "carried forward."
        case .policyAdopted(let policy)?: "Version \(policy.version) of the retention policy came into force."
        case .holdPlaced(let hold)?: "Legal hold \(hold.id.uuidString.lowercased()) was placed: \(hold.reason)."
        case .holdReleased(let release)?:
            "Legal hold \(release.hold.uuidString.lowercased()) was released: \(release.reason)."
        case .swept(let certificate)?:
            switch certificate.ground {
            case .policy(let policy, let cutoff):
                "\(count(certificate.count, "event")) of the class \(certificate.retention.rawValue) recorded before "
                    + "\(cutoff.text) went, as the policy at position \(policy.rawValue) says."
            case .request(let request):
                "\(count(certificate.count, "event")) of the class \(certificate.retention.rawValue) went, as was asked "
                    + "for at position \(request.rawValue)."
            }
        case .erasure(.begun(let begun))?:
            "The erasure \(begun.request.lowercaseText) of \(begun.subject == nil ? "a tenant" : "a person") began."
        case .erasure(.reached(let stage))?: "An erasure came to its stage \(stage.name)."
        case .erasure(.storeAnswered(let store, _))?: "\(store) has said that it erased what it had."
        case .keyEncryption(.activated(let version, let provider, let fingerprint))?:
            "Version \(version) of the key-encryption key (\(provider), fingerprint \(fingerprint)) wraps from now on."
        case .keyEncryption(.rewrapped(let version, let count))?:
            "\(count == 1 ? "1 key was" : "\(count) keys were") wrapped anew; older versions than \(version) of the "
                + "key-encryption key wrap nothing any more."
        case .keyEncryption(.retired(let version))?: "Version \(version) of the key-encryption key was destroyed."
        case .padded?: "Nothing happened: the event fills a bundle."
        case .restored(let restored)?:
            "The log was restored from a backup: from position \(restored.from.rawValue) on its events are others than "
                + "those under the checkpoint of \(restored.lost.unverified.size) events that was lost."
        case .usageCounted(let counts)?:
            "The captures of \(counts.day.text) were counted, without anybody in them."
        case .subjectRegistered?: "A person of the tenant became known to the log."
        case .privacy(let event)?: what(event)
        case .token(let event)?: what(event)
        case .staff(let event)?: what(event)
        case .witnessed(let event)?: what(event)
        case .sealed?, nil:
            "An event of the type \(text("type") ?? "unknown") was recorded, which this version can't put in words."
        }
    }

    private func what(_ event: CreditEvent) -> String {
        switch event {
        case .granted(let granted):
            "\(credits(granted.units, "granted")): grant \(granted.number.rawValue), "
                + "from \(granted.source.rawValue), reference \(granted.reference)."
        case .held(let placed):
            "\(credits(placed.units, "set aside")) until \(time(placed.expiresAt)): hold \(placed.hold.rawValue)."
        case .holdVoided(let hold): "Hold \(hold.rawValue) was given up, and its credits are available again."
        case .holdExpired(let hold): "Hold \(hold.rawValue) came to its end unused."
        case .debited(let debited):
            "\(credits(debited.units, "debited")) for capture \(debited.debit.rawValue)"
                + (debited.hold.map { ", from hold \($0.rawValue)" } ?? "") + "."
        case .refunded(let refunded):
            "\(credits(refunded.units, "given back")) for capture \(refunded.debit.rawValue)."
        case .grantExpired(let grant, let units):
            "\(credits(units)) of grant \(grant.rawValue) lapsed at its expiry."
        case .checked(let checked):
            "It was asked whether \(credits(checked.units)) may be spent: \(checked.allowed ? "yes" : "no"), "
                + "with \(checked.available.rawValue) available and \(checked.held.rawValue) set aside."
        }
    }

    private func what(_ event: PrivacyEvent) -> String {
        switch event {
        case .requested(let request):
            "A request for \(request.kind.rawValue) of personal data came in by \(request.channel.rawValue) on "
                + "\(request.receivedAt.text), to be answered by \(request.due.text): request \(request.id.lowercaseText)."
        case .fulfilled(let request): "Request \(request.lowercaseText) was fulfilled."
        case .refused(let request, let reason): "Request \(request.lowercaseText) was refused: \(reason.rawValue)."
        case .restricted(let limit): "The person's data is not processed from here on, by \(limit.rawValue)."
        case .restrictionLifted(let limit): "The \(limit.rawValue) of processing was lifted."
        }
    }

    private func what(_ event: TokenEvent) -> String {
        switch event {
        case .stored(let token, _, let scopes, _):
            "A token for \(token.product.rawValue) was stored, sealed, for \(scopes.joined(separator: " "))."
        case .leased(_, let purpose, let scopes, let seconds, _):
            "Access was asked for, and about to be given: for \(purpose.rawValue), to "
                + "\(scopes.joined(separator: " ")), for \(count(seconds, "second"))."
        case .refused(let refusal):
            "Access was asked for \(refusal.purpose.rawValue), and refused: \(refusal.reason.rawValue)."
        case .rotated(let token, _): "The token was renewed: generation \(token.generation)."
        case .consentRequired: "The identity provider takes the token no more, and it was destroyed."
        case .disconnected(let token, let ending):
            "The token was destroyed in its generation \(token.generation): \(ending.rawValue)."
        case .expired(_, let lastUsed): "The token was destroyed, unused since \(lastUsed.text)."
        }
    }

    private func what(_ event: StaffEvent) -> String {
        switch event {
        case .enrolled(let member): "Seat \(member.seat) of the staff was taken by \(member.id.lowercaseText)."
        case .replaced(let member):
            "Seat \(member.seat) of the staff has a new factor, the one of \(member.id.lowercaseText)."
        case .removed(let seat, let member): "\(member.lowercaseText) left seat \(seat) of the staff."
        case .locked(let seat, _): "Too many codes for seat \(seat) of the staff were wrong; it was locked for a while."
        case .roleRemoved(let role): "The database's role \(role), which no grant explained, was removed."
        case .requested(let request):
            "Access to the database was asked for (\(request.scope.name.rawValue), "
                + "\(count(Int64(request.minutes), "minute"))): \(request.reason)."
        case .granted(let grant):
            "Access to the database was granted until \(grant.expiresAt.text) (\(grant.scope.name.rawValue), role "
                + "\(grant.role)), \(grant.isBreakGlass ? "to one person alone" : "by a second person"): \(grant.reason)."
        case .denied: "Access to the database was denied."
        case .opened(let role): "The database's role \(role) was opened to whoever it was granted to."
        case .revoked: "Access to the database was revoked."
        case .ended(let role, let reason):
            "Access to the database ended (\(reason.rawValue)); the role \(role) is gone."
        case .reviewed(let finding): "What was done alone was reviewed by the other person: \(finding)."
        }
    }

    private func what(_ event: WitnessedEvent) -> String {
        switch event {
        case .opened(let session):
            "Somebody logged in to the database as \(session.role): session \(session.session), process \(session.process)."
        case .closed(let end):
            "The session \(end.session) with the database ended (\(end.reason.rawValue)) after "
                + "\(count(end.statements, "statement"))."
        case .statement(let statement):
            "The session \(statement.session) with the database \(words(statement)) (line \(statement.line))."
        case .alert(let alert): "The server's log gives an alarm (\(alert.kind.rawValue)): \(alert.what)."
        }
    }

    private func words(_ statement: StaffStatement) -> String {
        switch statement.kind {
        case .audit, .call:
            "ran \(statement.command ?? "something")\(statement.objects.first.map { " on \($0)" } ?? "")"
        case .error: "was told of an error\(statement.sqlState.map { " (\($0))" } ?? "")"
        case .message: "had something logged"
        case .finished: "finished a statement"
        }
    }

    /// What belongs to the amount.
    private var terms: [String] {
        switch decoded {
        case .credit(.granted(let granted))?:
            let end = granted.expiresAt.map { "until \(time($0))" } ?? "without end"
            return ["They may be spent from \(time(granted.effectiveAt)) on, \(end)."]
        case .credit(.debited(let debited))?: return [grants("Taken from", debited.allocations)]
        case .credit(.refunded(let refunded))?: return [grants("Back to", refunded.allocations)]
        case .credit(.held(let placed))?: return [grants("Set aside of", placed.allocations)]
        default: return []
        }
    }

    // MARK: Whose, who, when

    private var whose: String {
        let stream = text("stream") ?? "unknown"
        let tenant = "tenant \(text("tenant") ?? "unknown")"
        let version = text("version").map { ", version \($0) of the stream \(stream)" } ?? ""
        for product in Product.allCases where Streams.account(product).name == stream {
            return "The account is that of \(tenant) for \(product.rawValue)\(version)."
        }
        return "It belongs to \(tenant)\(version)."
    }

    private var who: String {
        let actor = text("actor").map { "caused by \($0)" } ?? "caused by the service itself"
        let request = text("request").map { " with request \($0)" } ?? ""
        return "Recorded on \(text("recorded_at") ?? "an unknown day"), \(actor)\(request)."
    }

    private func text(_ name: String) -> String? { members[name]?.stringValue }

    private func time(_ time: Timestamp) -> String { RFC3339.format(microseconds: time.microseconds) }

    private func credits(_ units: Credits) -> String { count(units.rawValue, "credit") }

    private func credits(_ units: Credits, _ verb: String) -> String {
        "\(credits(units)) \(units.rawValue == 1 ? "was" : "were") \(verb)"
    }

    private func count(_ number: Int64, _ unit: String) -> String { "\(number) \(unit)\(number == 1 ? "" : "s")" }

    private func grants(_ lead: String, _ allocations: [Allocation]) -> String {
        let parts = allocations.map { "grant \($0.grant.rawValue) (\($0.units.rawValue))" }
        return "\(lead) \(parts.joined(separator: ", "))."
    }
}
