import ArgumentParser
import AuditLog
import Billing
import CanonicalJSON
import EventStore
import Foundation

struct ShowRoster: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "roster", abstract: "Who may ask for access: two people at most.")

    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await reportingFailure {
            let entries = try await PlatformAccess.reading(withAccess: true) {
                try await StaffCommand.desk($0).roster.entries()
            }
            if json {
                let items = entries.map { JSONValue.object($0.object) }
                return printCanonical(.array(items))
            }
            if entries.isEmpty { print("Nobody is enrolled; see zentriq staff enrol --help.") }
            for entry in entries {
                let lock =
                    entry.lockedUntil.map { $0 > WallClock.system.now() ? "  locked until \($0.text)" : "" } ?? ""
                print(
                    "seat \(entry.member.seat)  \(entry.member.id.lowercaseText)  \(entry.name)  "
                        + "\(entry.recoveryCodes) recovery codes left\(lock)")
            }
        }
    }
}

struct EnrolStaff: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enrol", abstract: "Fill the seats that are free.",
        discussion: """
            With an empty roster both people are enrolled together, which takes the service's keys and nothing else. \
            With one of them left, it takes a code and a recovery code of that one, a line each. What is printed is \
            shown this once: each address goes into its person's authenticator, the recovery codes on paper into two \
            sealed envelopes.
            """)

    @Option(help: "What a person is called; sealed, and shown by the roster alone. Once for each free seat.")
    var name: [String]
    @OptionGroup var algorithm: AlgorithmOption
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await reportingFailure {
            let enrolments = try await StaffCommand.atDesk { desk in
                try await desk.roster.enrol(
                    name, algorithm: algorithm.algorithm, codes: desk.roster.readProofs())
            }
            for enrolment in enrolments { enrolment.show(asJSON: json) }
        }
    }
}

struct ReplaceStaff: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replace", abstract: "Give a seat a new factor, or to somebody else.",
        discussion: """
            Takes a code of each of the two, a line each, seat 1 first; a recovery code does for who has lost the factor.
            """)

    @OptionGroup var which: SeatOptions
    @Option(help: "Somebody else sits there from now on.") var name: String?
    @OptionGroup var algorithm: AlgorithmOption
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await reportingFailure {
            let enrolment = try await StaffCommand.atDesk { desk in
                try await desk.roster.replace(
                    which.seat, name: name, algorithm: algorithm.algorithm, codes: desk.roster.readProofs())
            }
            enrolment.show(asJSON: json)
        }
    }
}

struct RemoveStaff: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Free a seat.",
        discussion: "Takes a code of each of the two, a line each, seat 1 first; a recovery code does as well.")

    @OptionGroup var which: SeatOptions

    func run() async throws {
        try await reportingFailure {
            try await StaffCommand.atDesk { desk in
                try await desk.roster.remove(which.seat, codes: desk.roster.readProofs())
            }
            print("Seat \(which.seat) is free.")
        }
    }
}

struct AlgorithmOption: ParsableArguments {
    @Option(help: "SHA1, which every authenticator knows, or SHA256.", transform: wordArgument)
    var algorithm: StaffMember.Algorithm = .sha1
}

extension StaffRoster {
    /// The codes that a change takes, from whoever is there.
    fileprivate func readProofs() async throws -> [String] {
        try await wanted().map { seat, proof in
            try SecretLine.ask(proof == .recovery ? "Recovery code of seat \(seat)" : "Code of seat \(seat)")
        }
    }
}

extension StaffRoster.Entry {
    fileprivate var object: JSONObject {
        var object: JSONObject = [
            "member": .string(member.id.lowercaseText), "name": .string(name), "seat": .integer(Int64(member.seat)),
            "recovery_codes": .integer(recoveryCodes), "version": .integer(Int64(member.version)),
        ]
        object["locked_until"] = lockedUntil.map { .string($0.text) }
        return object
    }
}

extension StaffRoster.Enrolment {
    fileprivate func show(asJSON: Bool) {
        if asJSON {
            return printCanonical([
                "address": .string(address.reveal()), "member": .string(member.id.lowercaseText), "name": .string(name),
                "recovery_codes": .array(recoveryCodes.map { .string($0.reveal()) }),
                "seat": .integer(Int64(member.seat)),
            ])
        }
        print("Seat \(member.seat), \(name). For the authenticator:")
        print("  \(address.reveal())")
        print("Recovery codes, each good once, for changes of the roster:")
        for code in recoveryCodes { print("  \(code.reveal())") }
    }
}
