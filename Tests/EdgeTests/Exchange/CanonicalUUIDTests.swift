import Testing

@testable import Edge

@Suite("UUIDs as text")
struct CanonicalUUIDTests {
    @Test("random UUIDs are canonical, of version 4, and differ")
    func random() {
        let uuids = (0..<1_000).map { _ in CanonicalUUID.random() }
        #expect(Set(uuids).count == uuids.count)
        for uuid in uuids {
            #expect(CanonicalUUID.isCanonical(uuid))
            let characters = Array(uuid)
            #expect(characters[14] == "4")
            #expect("89ab".contains(characters[19]))
        }
    }

    @Test("the digits come from the generator")
    func bits() {
        struct Ones: RandomNumberGenerator { mutating func next() -> UInt64 { .max } }
        struct Zeros: RandomNumberGenerator { mutating func next() -> UInt64 { 0 } }
        var ones = Ones()
        var zeros = Zeros()
        #expect(CanonicalUUID.random(using: &ones) == "ffffffff-ffff-4fff-bfff-ffffffffffff")
        #expect(CanonicalUUID.random(using: &zeros) == "00000000-0000-4000-8000-000000000000")
    }

    @Test(
        "only lower case is canonical",
        arguments: [
            ("00000000-0000-0000-0000-000000000000", true), ("0B9C0A4E-5f0e-4d4e-9b8f-2f1f7c1d2e3a", false),
            ("0b9c0a4e-5f0e-4d4e-9b8f-2f1f7c1d2e3a", true), ("0b9c0a4e5f0e-4d4e-9b8f-2f1f7c1d2e3a-", false),
            ("0b9c0a4e-5f0e-4d4e-9b8f-2f1f7c1d2é", false), ("", false),
        ])
    func canonical(text: String, isCanonical: Bool) {
        #expect(CanonicalUUID.isCanonical(text) == isCanonical)
    }
}
