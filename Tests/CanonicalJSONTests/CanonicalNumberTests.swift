import CanonicalJSON
import Testing

@Suite("Canonical numbers")
struct CanonicalNumberTests {
    /// RFC 8785 appendix B, all finite rows.
    static let appendixBRows: [(UInt64, String)] = [
        (0x0000_0000_0000_0000, "0"),
        (0x8000_0000_0000_0000, "0"),
        (0x0000_0000_0000_0001, "5e-324"),
        (0x8000_0000_0000_0001, "-5e-324"),
        (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
        (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"),
        (0x4340_0000_0000_0000, "9007199254740992"),
        (0xc340_0000_0000_0000, "-9007199254740992"),
        (0x4430_0000_0000_0000, "295147905179352830000"),
        (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
        (0x44b5_2d02_c7e1_4af6, "1e+23"),
        (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
        (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
        (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"),
        (0x444b_1ae4_d6e2_ef50, "1e+21"),
        (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
        (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
        (0x41b3_de43_5555_5553, "333333333.3333332"),
        (0x41b3_de43_5555_5554, "333333333.33333325"),
        (0x41b3_de43_5555_5555, "333333333.3333333"),
        (0x41b3_de43_5555_5556, "333333333.3333334"),
        (0x41b3_de43_5555_5557, "333333333.33333343"),
        (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
        (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
    ]

    @Test(
        "every IEEE 754 sample of RFC 8785 appendix B has its published form",
        arguments: appendixBRows)
    func appendixB(bits: UInt64, text: String) {
        #expect(canonical(.double(Double(bitPattern: bits))) == text)
    }

    static let layouts: [(Double, String)] = [
        (1, "1"), (-1, "-1"), (0.1, "0.1"), (10, "10"), (1.5, "1.5"), (-12.25, "-12.25"), (100.01, "100.01"),
        (1.2345678901234568e20, "123456789012345680000"), (1e20, "100000000000000000000"), (1e21, "1e+21"),
        (1.5e21, "1.5e+21"), (1e-6, "0.000001"), (1e-7, "1e-7"), (1.25e-7, "1.25e-7"), (0.00001234, "0.00001234"),
        (4.35, "4.35"), (.leastNonzeroMagnitude, "5e-324"), (2.2250738585072014e-308, "2.2250738585072014e-308"),
        (1e300, "1e+300"),
    ]

    @Test(
        "the layout changes where ECMAScript changes it",
        arguments: layouts)
    func layout(value: Double, text: String) {
        #expect(canonical(.double(value)) == text)
    }

    @Test(
        "integers are written exactly",
        arguments: [
            (0, "0"), (7, "7"), (-10, "-10"), (9_007_199_254_740_991, "9007199254740991"),
            (9_007_199_254_740_993, "9007199254740993"), (.max, "9223372036854775807"), (.min, "-9223372036854775808"),
        ] as [(Int64, String)])
    func integers(value: Int64, text: String) throws {
        #expect(canonical(.integer(value)) == text)
        #expect(try JSONParser.parse(text.utf8) == .integer(value))
    }

    private func canonical(_ value: JSONValue) -> String {
        String(decoding: value.canonicalBytes(), as: UTF8.self)
    }
}
