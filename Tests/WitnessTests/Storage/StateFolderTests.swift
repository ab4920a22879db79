import DurableFiles
import Foundation
import Testing

@testable import Witness

@Suite("The state folder")
struct StateFolderTests {
    @Test("a file is what it was last replaced with, and empty files are files")
    func replaces() async throws {
        try await TestWitness.with { witness in
            let folder = try StateFolder(witness.folder)
            #expect(try folder.read("a", maximumByteCount: 10) == nil)
            #expect(try !folder.exists("a"))
            for content in [[1, 2, 3], [], [UInt8](repeating: 7, count: 10)] as [[UInt8]] {
                try folder.replace("a", with: content)
                #expect(try folder.read("a", maximumByteCount: 10) == content)
            }
            #expect(try folder.exists("a"))
            #expect(throws: StateFolderError.tooLarge) { try folder.read("a", maximumByteCount: 9) }
            #expect(try witness.files == ["a"])
            let mode = try FileManager.default.attributesOfItem(atPath: witness.path("a"))[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
    }

    @Test("what was written and not renamed is not there, and is overwritten by the next one")
    func staged() async throws {
        try await TestWitness.with { witness in
            do {
                let folder = try StateFolder(witness.folder)
                try folder.replace("a", with: [1])
                try folder.stage("a", [2, 2, 2, 2])
                #expect(try folder.read("a", maximumByteCount: 10) == [1])
            }
            let folder = try StateFolder(witness.folder)
            #expect(try folder.read("a", maximumByteCount: 10) == [1])
            try folder.replace("a", with: [3])
            #expect(try folder.read("a", maximumByteCount: 10) == [3])
            #expect(try witness.files == ["a"])
        }
    }

    @Test("one at a time: a second one is refused until the first has gone")
    func exclusive() async throws {
        try await TestWitness.with { witness in
            do {
                let first = try StateFolder(witness.folder)
                #expect(throws: StateFolderError.inUse) { try StateFolder(witness.folder) }
                try first.replace("a", with: [1])
            }
            _ = try StateFolder(witness.folder)
        }
    }

    @Test("another process is refused too, and refuses us, until it dies")
    func processes() async throws {
        try await TestWitness.with { witness in
            do {
                let folder = try StateFolder(witness.folder)
                #expect(try await OtherProcess.run("flock", "--nonblock", witness.folder, "true") == 1)
                try folder.replace("a", with: [1])
            }
            let other = try OtherProcess.start(
                "flock", "--no-fork", witness.folder, "sh", "-c", "echo held; exec sleep 600")
            try await other.waitForOutput()
            #expect(throws: StateFolderError.inUse) { try StateFolder(witness.folder) }
            try await other.kill()
            while (try? StateFolder(witness.folder)) == nil { try await Task.sleep(for: .milliseconds(5)) }
        }
    }

    @Test("what is no folder, and files that are links, are refused")
    func refused() async throws {
        try await TestWitness.with { witness in
            #expect(throws: StateFolderError.system(ENOENT)) { try StateFolder(witness.path("none")) }
            let folder = try StateFolder(witness.folder)
            try folder.replace("a", with: [1])
            #expect(throws: StateFolderError.system(ENOTDIR)) { try StateFolder(witness.path("a")) }
            for name in ["b", "c.new"] {
                try FileManager.default.createSymbolicLink(
                    atPath: witness.path(name), withDestinationPath: witness.path("a"))
            }
            #expect(throws: StateFolderError.system(ELOOP)) { try folder.read("b", maximumByteCount: 10) }
            #expect(throws: StateFolderError.system(ELOOP)) { try folder.replace("c", with: [2]) }
            #expect(try folder.read("a", maximumByteCount: 10) == [1])
        }
    }
}
