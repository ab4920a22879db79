import Logging
import NIOCertificateReloading
import NIOSSL

/// A certificate and its key in PEM files that may be replaced while the listener runs.
///
/// Handshakes after a change present the new certificate; connections keep theirs. The files are best replaced by
/// renaming: a pair that does not fit together is not used, and the former one stays.
struct CertificateFiles {
    /// Must be run as a service for changes to be seen.
    let reloader: TimedCertificateReloader

    /// - Throws: where the files cannot be read now or do not fit together.
    init(settings: ServerSettings.TLS, logger: Logger) throws {
        reloader = try TimedCertificateReloader.makeReloaderValidatingSources(
            configuration: TimedCertificateReloader.Configuration(
                refreshInterval: settings.reloadInterval,
                certificateSource: .init(location: .file(path: settings.certificatePath), format: .pem),
                privateKeySource: .init(location: .file(path: settings.keyPath), format: .pem)
            ) { configuration in
                configuration.onCertificateLoadFailed = { failure in
                    logger.error(
                        "certificate not reloaded",
                        metadata: ["error_type": .string(String(reflecting: type(of: failure.error)))])
                }
            })
    }

    /// TLS 1.2 with forward secrecy and authenticated encryption, or TLS 1.3, which knows nothing else.
    func configuration() throws -> TLSConfiguration {
        var configuration = try TLSConfiguration.makeServerConfiguration(certificateReloader: reloader)
        configuration.minimumTLSVersion = .tlsv12
        configuration.cipherSuiteValues = [
            .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
            .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
            .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        ]
        configuration.applicationProtocols = ["http/1.1"]
        configuration.renegotiationSupport = .none
        return configuration
    }
}
