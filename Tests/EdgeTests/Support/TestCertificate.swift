import Crypto
import Foundation
import NIOSSL

/// A self-signed certificate made for one test, written by hand as DER: nothing secret has to lie in the repository.
struct TestCertificate {
    let derEncoded: [UInt8]
    let key: P256.Signing.PrivateKey

    init(commonName: String) throws {
        key = P256.Signing.PrivateKey()
        let algorithm = DER.sequence([DER.objectIdentifier([0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02])])
        let attribute = DER.sequence([DER.objectIdentifier([0x55, 0x04, 0x03]), DER.utf8(commonName)])
        let name = DER.sequence([DER.set([attribute])])
        let validity = DER.sequence([DER.utcTime("200101000000Z"), DER.utcTime("491231235959Z")])
        let toBeSigned = DER.sequence([
            DER.explicit(0, DER.integer([2])), DER.integer([1] + (0..<8).map { _ in .random(in: 0...255) }), algorithm,
            name, validity, name, Array(key.publicKey.derRepresentation),
        ])
        let signature = try key.signature(for: Data(toBeSigned)).derRepresentation
        derEncoded = DER.sequence([toBeSigned, algorithm, DER.bitString(Array(signature))])
    }

    var pem: String {
        let base64 = Data(derEncoded).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
        return "-----BEGIN CERTIFICATE-----\n\(base64)\n-----END CERTIFICATE-----\n"
    }
}

/// The few forms of X.690 that a certificate needs.
private enum DER {
    static func sequence(_ parts: [[UInt8]]) -> [UInt8] { tagged(0x30, parts.flatMap { $0 }) }
    static func set(_ parts: [[UInt8]]) -> [UInt8] { tagged(0x31, parts.flatMap { $0 }) }
    static func explicit(_ number: UInt8, _ content: [UInt8]) -> [UInt8] { tagged(0xA0 | number, content) }
    static func integer(_ bytes: [UInt8]) -> [UInt8] { tagged(0x02, bytes) }
    static func bitString(_ bytes: [UInt8]) -> [UInt8] { tagged(0x03, [0] + bytes) }
    static func objectIdentifier(_ bytes: [UInt8]) -> [UInt8] { tagged(0x06, bytes) }
    static func utf8(_ text: String) -> [UInt8] { tagged(0x0C, Array(text.utf8)) }
    static func utcTime(_ text: String) -> [UInt8] { tagged(0x17, Array(text.utf8)) }

    private static func tagged(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        switch content.count {
        case ..<128: [tag, UInt8(content.count)] + content
        case ..<256: [tag, 0x81, UInt8(content.count)] + content
        default: [tag, 0x82, UInt8(content.count >> 8), UInt8(content.count & 0xFF)] + content
        }
    }
}

/// A folder with the certificate and key of a listener, which goes away with the value's scope.
struct CertificateFolder {
    private let folder: URL

    static func with<Result>(_ body: (CertificateFolder) async throws -> Result) async throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "edge-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try await body(CertificateFolder(folder: folder))
    }

    var settings: ServerTLS { ServerTLS(certificate: path("certificate.pem"), key: path("key.pem")) }

    struct ServerTLS {
        let certificate: String
        let key: String
    }

    /// Replaces both files, the certificate first: for a moment they do not fit.
    func install(_ certificate: TestCertificate) throws {
        try certificate.pem.write(toFile: settings.certificate, atomically: true, encoding: .utf8)
        try certificate.key.pemRepresentation.write(toFile: settings.key, atomically: true, encoding: .utf8)
    }

    func installCertificateOnly(_ certificate: TestCertificate) throws {
        try certificate.pem.write(toFile: settings.certificate, atomically: true, encoding: .utf8)
    }

    private func path(_ name: String) -> String { folder.appending(path: name).path }
}
