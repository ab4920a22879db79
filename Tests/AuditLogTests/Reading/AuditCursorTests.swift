import AuditLog
import EventStore
import Testing

@Suite("Cursors of listings")
struct AuditCursorTests {
    @Test("are read as they are written")
    func roundTrip() {
        for place in [
            AuditCursor.Place.position(LogPosition(0)), .position(LogPosition(.max)), .version(StreamVersion(1)),
            .version(StreamVersion(.max)),
        ] {
            for end in [0, 7, Int64.max] {
                let cursor = AuditCursor(place, end: LogPosition(end))
                #expect(AuditCursor(cursor.text) == cursor)
            }
        }
    }

    @Test(
        "nothing else is one",
        arguments: [
            "", "-", "1", "1-", "-1", "v", "v-", "v1", "1-2-3", "01-2", "1-02", "+1-2", "1-v2", "vv1-2", "V1-2", " 1-2",
            "1-2 ", "9223372036854775808-1", "1-9223372036854775808", "--1-2", "a-b", "1_2",
        ])
    func malformed(text: String) {
        #expect(AuditCursor(text) == nil)
    }
}
