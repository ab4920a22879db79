package import CanonicalJSON
package import EventStore
import Foundation

/// The schedule: what happens to each retention class, when, and on what legal basis. One is in force at a time: the
/// newest in the log.
package struct RetentionPolicy: Sendable, Hashable {
    /// Raised with every change, by whoever writes it.
    package let version: Int64
    /// One for each class, in the order of their names.
    package let rules: [RetentionRule]

    package init(version: Int64, rules: [RetentionRule]) {
        self.version = version
        self.rules = rules.sorted { $0.retention.rawValue < $1.retention.rawValue }
    }

    package func rule(for retention: RetentionClass) -> RetentionRule? {
        rules.first { $0.retention == retention }
    }

    /// The period after which time alone ends the keeping of a class. Nil if it doesn't.
    package func period(of retention: RetentionClass) -> RetentionPeriod? {
        rule(for: retention).flatMap { $0.trigger == .recorded && $0.action == .erase ? $0.maximum : nil }
    }

    /// Why it may not come into force; empty if it may.
    ///
    /// - Parameter current: the one it would replace.
    package func faults(replacing current: RetentionPolicy?) -> [String] {
        var faults = rules.flatMap(\.faults)
        for retention in RetentionClass.allCases {
            let count = rules.count { $0.retention == retention }
            if count != 1 { faults.append("\(retention.rawValue): there are \(count) rules for it, not one") }
        }
        if version < 1 { faults.append("its version is not 1 or more") }
        if let current, self != current, version <= current.version {
            faults.append("its version \(version) does not follow version \(current.version), which is in force")
        }
        return faults
    }

    /// What differs, a line each: the class and its rule before and after.
    package func differences(from other: RetentionPolicy?) -> [String] {
        RetentionClass.allCases.map(\.rawValue).sorted().compactMap { name in
            let retention = RetentionClass(rawValue: name)
            let (old, new) = (retention.flatMap { other?.rule(for: $0) }, retention.flatMap { rule(for: $0) })
            guard old != new else { return nil }
            return "\(name): \(old?.summary ?? "no rule") -> \(new?.summary ?? "no rule")"
        }
    }

    /// In canonical JSON.
    package var bytes: [UInt8] {
        let object: JSONObject = [
            "rules": .array(rules.map { .object($0.object) }), "version": .integer(version),
        ]
        return JSONValue.object(object).canonicalBytes()
    }

    package init(_ object: JSONObject) throws(RetentionError) {
        guard let rules = object["rules"]?.arrayValue, let version = object["version"]?.integerValue else {
            throw .malformed("a policy has a version and rules")
        }
        try MemberReader(object, "a policy").finish(["rules", "version"])
        var read: [RetentionRule] = []
        for rule in rules {
            guard let object = rule.objectValue else { throw .malformed("a rule is not an object") }
            read.append(try RetentionRule(object))
        }
        self.init(version: version, rules: read)
    }

    /// Reads a file.
    package init(parsing text: [UInt8]) throws(RetentionError) {
        guard case .object(let object)? = try? JSONParser.parse(text) else {
            throw .malformed("the policy is not a JSON object")
        }
        try self.init(object)
    }
}

extension RetentionRule {
    /// In a few words, such as `erase P90D after recorded`.
    package var summary: String {
        let period = maximum.map { " \($0.text)" } ?? ""
        let minimum = minimum.map { ", at least \($0.text)" } ?? ""
        return "\(action.rawValue)\(period) (\(trigger.rawValue)\(minimum)): \(legalBasis)"
    }
}

extension TenantID {
    /// The tenant of what belongs to no customer: policies, holds, certificates.
    package static let system = TenantID(UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)))
}
