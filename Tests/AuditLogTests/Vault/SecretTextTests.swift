import AuditLog
import Testing

@Suite("A secret text")
struct SecretTextTests {
    @Test("shows itself in no description, reflection or dump, alone or inside of something")
    func redacted() {
        struct Outer {
            let secret: SecretText
            let list: [SecretText]
        }
        let secret = SecretText("canary-text")
        let outer = Outer(secret: secret, list: [secret])
        var dumped = ""
        dump(outer, to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), "\(outer)", String(reflecting: outer), dumped] {
            #expect(!text.contains("canary"))
        }
        #expect(secret.reveal() == "canary-text")
    }

    @Test(
        "a token endpoint is https, or http to this machine in development",
        arguments: [
            ("https://login.example.com/{tenantid}/token", true, true), ("https://login.example.com/token", true, true),
            ("http://127.0.0.1:8080/{tenantid}/token", false, true), ("http://login.example.com/token", false, false),
            ("https://user@login.example.com/token", false, false),
            ("https://login.example.com/token?x=1", false, false),
            ("https://login.example.com/token#x", false, false), ("ftp://login.example.com/token", false, false),
            ("", false, false), ("https://", false, false), ("{tenantid}", false, false),
        ])
    func endpoint(text: String, isTaken: Bool, isTakenInDevelopment: Bool) {
        #expect((TokenEndpoint(text, development: false) != nil) == isTaken)
        #expect((TokenEndpoint(text, development: true) != nil) == isTakenInDevelopment)
    }
}
