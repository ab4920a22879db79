import BillingTesting
import EventStore
import Foundation
import Retention
import RetentionTesting
import Testing

@Suite("A retention policy")
struct PolicyTests {
    @Test("as the project ships it, may come into force, and reads back as it is written")
    func shipped() throws {
        let policy = try Bench.shippedPolicy()
        #expect(policy.faults(replacing: nil).isEmpty, "\(policy.faults(replacing: nil))")
        #expect(try RetentionPolicy(parsing: policy.bytes) == policy)
        #expect(policy.differences(from: policy).isEmpty)
        #expect(policy.differences(from: nil).count == RetentionClass.allCases.count)
    }

    @Test(
        "is refused below a legal minimum, beyond a promise, or where it contradicts itself",
        arguments: [
            ("billing", "P7Y", "P6Y"), ("billing", "\"maximum\": \"P7Y\"", "\"maximum\": \"P11Y\""),
            ("capture", "P12M", "P13M"), ("usage", "P90D", "P91D"), ("error", "P90D", "P4M"),
            ("access", "P24M", "P11M"),
        ])
    func refused(name: String, old: String, new: String) throws {
        let policy = try Bench.shippedPolicy()
        let text = String(decoding: policy.bytes, as: UTF8.self)
        let rules = try #require(text.range(of: "\"class\":\"\(name)\""))
        let plain = old.replacing(" ", with: "")
        let changed =
            String(text[..<rules.lowerBound])
            + text[rules.lowerBound...].replacing(plain, with: new.replacing(" ", with: ""), maxReplacements: 2)
        let other = try RetentionPolicy(parsing: Array(changed.replacing("\"version\":1", with: "\"version\":2").utf8))
        let faults = other.faults(replacing: policy)
        #expect(faults.contains { $0.hasPrefix(name) }, "\(faults) \(changed)")
    }

    @Test("needs one rule for each class and a new version for each change")
    func complete() throws {
        let policy = try Bench.shippedPolicy()
        let fewer = RetentionPolicy(version: 2, rules: Array(policy.rules.dropFirst()))
        #expect(fewer.faults(replacing: policy).contains { $0.hasPrefix("access: there are 0 rules") })
        let double = RetentionPolicy(version: 2, rules: policy.rules + policy.rules.prefix(1))
        #expect(!double.faults(replacing: policy).isEmpty)
        let other = RetentionPolicy(version: 1, rules: Array(policy.rules.dropFirst()))
        #expect(other.faults(replacing: policy).contains { $0.contains("does not follow version 1") })
    }

    @Test(
        "that is not of the right form is not read",
        arguments: [
            "", "[]", "{}", #"{"version":1,"rules":[{}]}"#, #"{"version":"1","rules":[]}"#,
            #"{"version":1,"rules":[],"more":1}"#,
            #"{"version":1,"rules":[{"class":"usage","trigger":"recorded","action":"erase","maximum":"90 days","legal_basis":"x"}]}"#,
            #"{"version":1,"rules":[{"class":"cart","trigger":"recorded","action":"erase","maximum":"P90D","legal_basis":"x"}]}"#,
        ])
    func malformed(text: String) {
        #expect(throws: RetentionError.self) { try RetentionPolicy(parsing: Array(text.utf8)) }
    }
}
