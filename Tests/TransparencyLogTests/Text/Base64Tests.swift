import Foundation
import Testing
import TransparencyLog

@Suite("Base64")
struct Base64Tests {
    @Test(
        "the examples of RFC 4648 section 10",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ])
    func knownAnswers(plain: String, text: String) {
        #expect(Base64.encode(plain.utf8) == text)
        #expect(Base64.decode(text.utf8) == Array(plain.utf8))
    }

    @Test(
        "other spellings are refused",
        arguments: [
            "Zg", "Zg=", "Zh==", "Zm9=", "Zm8", "=", "====", "Z===", "Zg==Zg==", "Zm8=Zm9v", " Zm9v", "Zm9v\n", "Zm 9v",
            "Zm9-", "Zm9_", "Zm=v", "Zm9vé", "Zg==\0\0\0\0",
        ])
    func refused(text: String) {
        #expect(Base64.decode(text.utf8) == nil)
    }

    @Test("Foundation writes the same, and what it writes is read")
    func agreesWithFoundation() {
        var generator = SeededGenerator.forTest()
        for count in 0..<200 {
            let bytes = (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            let text = Base64.encode(bytes)
            #expect(text == Data(bytes).base64EncodedString())
            #expect(Base64.decode(text.utf8) == bytes)
        }
    }

    @Test("no two texts mean the same bytes")
    func canonical() {
        let alphabet = Array("AQgwZz09+/=-_ \n".utf8)
        var wrong = 0
        for first in alphabet {
            for second in alphabet {
                for third in alphabet {
                    for fourth in alphabet {
                        let text = [first, second, third, fourth]
                        guard let bytes = Base64.decode(text) else { continue }
                        if !Base64.encode(bytes).utf8.elementsEqual(text) { wrong += 1 }
                    }
                }
            }
        }
        #expect(wrong == 0)
    }
}
