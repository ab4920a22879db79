// swift-tools-version: 6.2
import PackageDescription

/// One settings array for every target: Swift 6 language mode, explicit imports, no tolerated warning.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "zentriq",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "zentriq", targets: ["zentriq"]),
        .library(name: "TransparencyLog", targets: ["TransparencyLog"]),
        .library(name: "CreditDomain", targets: ["CreditDomain"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.0"),
    ],
    targets: [
        // libpq, and an asynchronous client on top of it.
        .systemLibrary(
            name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev", "libssl-dev"])]),
        .target(
            name: "Postgres",
            dependencies: ["CPostgres", .product(name: "Logging", package: "swift-log")],
            swiftSettings: settings),

        // Pure: no I/O, no clock.
        .target(name: "CanonicalJSON", swiftSettings: settings),
        .target(
            name: "TransparencyLog",
            dependencies: [.product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: settings),
        .target(name: "CreditDomain", swiftSettings: settings),
        .target(name: "SecretFiles", swiftSettings: settings),
        .target(name: "DurableFiles", swiftSettings: settings),
        // Calls to others over HTTP.
        .target(
            name: "Outbound",
            dependencies: [
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings),
        // Keys wrapped by keys, and what is sealed under them.
        .target(
            name: "Sealing",
            dependencies: ["SecretFiles", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: settings),

        // The same keys in a PKCS #11 token, whose module is loaded at run time.
        .systemLibrary(name: "CPKCS11"),
        .target(
            name: "TokenKeys", dependencies: ["CPKCS11", "DurableFiles", "Sealing", "SecretFiles"],
            swiftSettings: settings),

        // The log and what is built on it.
        .target(
            name: "EventStore",
            dependencies: [
                "Postgres", "CanonicalJSON", "Sealing", "TransparencyLog",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),
        .target(
            name: "Retention", dependencies: ["EventStore", "CanonicalJSON", "TransparencyLog"],
            swiftSettings: settings),
        .target(
            name: "Billing",
            dependencies: [
                "Retention", "EventStore", "CreditDomain", "CanonicalJSON", "Sealing", "TransparencyLog",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),
        .target(
            name: "Verification",
            dependencies: [
                "Billing", "Retention", "EventStore", "CreditDomain", "CanonicalJSON", "Postgres", "TransparencyLog",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),
        .target(
            name: "Projections",
            dependencies: [
                "Verification", "Billing", "Retention", "EventStore", "CreditDomain", "CanonicalJSON", "Postgres",
                "TransparencyLog",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),
        .target(
            name: "AuditLog",
            dependencies: [
                "Billing", "Retention", "EventStore", "Outbound", "Postgres", "CanonicalJSON", "CreditDomain",
                "Sealing",
                "SecretFiles", "TransparencyLog",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),

        // What is kept outside of the database, so that a restore undoes no erasure.
        .target(
            name: "Restoration",
            dependencies: [
                "AuditLog", "Billing", "CanonicalJSON", "DurableFiles", "EventStore", "Retention", "TransparencyLog",
                "Verification",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),

        // The only way in.
        .target(
            name: "Identity",
            dependencies: [
                "Outbound", "SecretFiles",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "JWTKit", package: "jwt-kit"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: settings),
        .target(
            name: "Telemetry",
            dependencies: [.product(name: "CoreMetrics", package: "swift-metrics")],
            swiftSettings: settings),
        .target(
            name: "Edge",
            dependencies: [
                "CanonicalJSON",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCertificateReloading", package: "swift-nio-extras"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            swiftSettings: settings),
        .target(
            name: "Gateway",
            dependencies: [
                "AuditLog", "Billing", "CanonicalJSON", "CreditDomain", "Edge", "EventStore", "Identity", "Outbound",
                "Postgres", "Projections", "Restoration", "Retention", "Sealing", "Telemetry", "TransparencyLog",
                "Verification",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            resources: [.embedInCode("openapi.json")],
            swiftSettings: settings),

        // Who watches that the log only grows: a service of its own, best at somebody else's.
        .target(
            name: "Witness",
            dependencies: [
                "DurableFiles", "Edge", "Outbound", "TransparencyLog",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "zentriq",
            dependencies: [
                "AuditLog", "Billing", "CanonicalJSON", "CreditDomain", "Edge", "EventStore", "Gateway", "Identity",
                "Postgres", "Projections", "Restoration", "Retention", "Sealing", "SecretFiles", "Telemetry",
                "TokenKeys", "TransparencyLog", "Verification",
                "Witness",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),

        // Tests, against a real PostgreSQL where storage is concerned.
        .target(
            name: "PostgresTesting", dependencies: ["Postgres"], path: "Tests/PostgresTesting",
            swiftSettings: settings),
        .target(
            name: "LogTesting", dependencies: [.product(name: "Logging", package: "swift-log")],
            path: "Tests/LogTesting", swiftSettings: settings),
        .testTarget(name: "PostgresTests", dependencies: ["Postgres", "PostgresTesting"], swiftSettings: settings),
        .testTarget(name: "CanonicalJSONTests", dependencies: ["CanonicalJSON"], swiftSettings: settings),
        .testTarget(name: "TransparencyLogTests", dependencies: ["TransparencyLog"], swiftSettings: settings),
        .testTarget(
            name: "SealingTests",
            dependencies: ["Sealing", "SecretFiles", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: settings),
        .testTarget(
            name: "TokenKeysTests", dependencies: ["CPKCS11", "Sealing", "TokenKeys"], swiftSettings: settings),
        .testTarget(name: "CreditDomainTests", dependencies: ["CreditDomain"], swiftSettings: settings),
        .testTarget(
            name: "EventStoreTests",
            dependencies: [
                "EventStore", "Postgres", "PostgresTesting", "Sealing", "TransparencyLog", "CanonicalJSON",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ], swiftSettings: settings),
        .target(
            name: "BillingTesting",
            dependencies: [
                "AuditLog", "Billing", "CanonicalJSON", "CreditDomain", "EventStore", "Postgres", "PostgresTesting",
                "Sealing", "TransparencyLog",
                .product(name: "Logging", package: "swift-log"),
            ], path: "Tests/BillingTesting", swiftSettings: settings),
        .testTarget(
            name: "BillingTests",
            dependencies: [
                "Billing", "BillingTesting", "CanonicalJSON", "CreditDomain", "EventStore", "Postgres",
                "PostgresTesting", "Retention", "Sealing", "TransparencyLog",
            ], exclude: ["Samples"], swiftSettings: settings),
        .testTarget(
            name: "ProjectionsTests",
            dependencies: [
                "Projections", "Billing", "BillingTesting", "CreditDomain", "EventStore", "Postgres",
                "PostgresTesting", "Sealing", "TransparencyLog",
            ], swiftSettings: settings),
        .testTarget(
            name: "VerificationTests",
            dependencies: [
                "Verification", "Billing", "BillingTesting", "CanonicalJSON", "CreditDomain", "EventStore", "Postgres",
                "PostgresTesting", "Sealing", "TransparencyLog",
                .product(name: "Logging", package: "swift-log"),
            ], swiftSettings: settings),
        .target(
            name: "RetentionTesting",
            dependencies: [
                "AuditLog", "Billing", "BillingTesting", "CreditDomain", "EventStore", "Postgres", "PostgresTesting",
                "Projections", "Retention", "TransparencyLog", "Verification",
            ], path: "Tests/RetentionTesting", swiftSettings: settings),
        .testTarget(
            name: "RetentionTests",
            dependencies: [
                "AuditLog", "Billing", "BillingTesting", "CanonicalJSON", "CreditDomain", "EventStore", "Postgres",
                "PostgresTesting", "Projections", "Retention", "RetentionTesting", "TransparencyLog", "Verification",
            ], swiftSettings: settings),
        .testTarget(
            name: "RestorationTests",
            dependencies: [
                "AuditLog", "Billing", "BillingTesting", "CanonicalJSON", "CreditDomain", "DurableFiles", "EventStore",
                "Postgres", "PostgresTesting", "Restoration", "Retention", "RetentionTesting", "TransparencyLog",
                "Verification",
                .product(name: "Logging", package: "swift-log"),
            ], swiftSettings: settings),
        // Not run with the tests: years of sweeps, a day at a time.
        .executableTarget(
            name: "retention-simulation",
            dependencies: [
                "BillingTesting", "CreditDomain", "EventStore", "Projections", "Retention", "RetentionTesting",
                "Verification",
            ], path: "Tests/RetentionSimulation", swiftSettings: settings),
        // Not run with the tests: how fast a sweep is, and what debits feel of it.
        .executableTarget(
            name: "retention-bench",
            dependencies: [
                "AuditLog", "BillingTesting", "EventStore", "Postgres", "PostgresTesting", "Retention",
                "RetentionTesting", "Verification",
            ], path: "Tests/RetentionBench", swiftSettings: settings),
        // Not run with the tests: measures the service for ops/bench.
        .target(name: "BenchmarkReport", path: "Benchmarks/Report", swiftSettings: settings),
        .executableTarget(
            name: "zentriq-bench",
            dependencies: [
                "AuditLog", "BenchmarkReport", "Billing", "CanonicalJSON", "CreditDomain", "EventStore", "Gateway",
                "Identity",
                "Postgres", "Projections", "Sealing", "SecretFiles", "TransparencyLog", "Verification",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ], path: "Benchmarks/Suite", swiftSettings: settings),
        .testTarget(name: "BenchmarkReportTests", dependencies: ["BenchmarkReport"], swiftSettings: settings),
        .testTarget(
            name: "AuditLogTests",
            dependencies: [
                "LogTesting",
                "AuditLog", "Billing", "BillingTesting", "CanonicalJSON", "CreditDomain", "EventStore", "Outbound",
                "Postgres", "PostgresTesting", "Retention", "Sealing", "SecretFiles", "TransparencyLog",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
            ], exclude: ["Fixtures"], swiftSettings: settings),
        .testTarget(
            name: "IdentityTests",
            dependencies: [
                "Identity", "SecretFiles",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "JWTKit", package: "jwt-kit"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
            ], swiftSettings: settings),
        .testTarget(
            name: "EdgeTests",
            dependencies: [
                "LogTesting",
                "CanonicalJSON", "Edge",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "InMemoryTracing", package: "swift-distributed-tracing"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "MetricsTestKit", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ], swiftSettings: settings),
        .testTarget(
            name: "TelemetryTests",
            dependencies: ["Telemetry", .product(name: "CoreMetrics", package: "swift-metrics")],
            swiftSettings: settings),
        .testTarget(
            name: "GatewayTests",
            dependencies: [
                "LogTesting",
                "AuditLog", "Billing", "CanonicalJSON", "Edge", "EventStore", "Gateway", "Identity", "Outbound",
                "Postgres", "PostgresTesting", "Projections", "Retention", "Sealing", "TransparencyLog",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ], swiftSettings: settings),
        .testTarget(
            name: "WitnessTests",
            dependencies: [
                "LogTesting",
                "Billing", "BillingTesting", "DurableFiles", "Edge", "EventStore", "Postgres", "PostgresTesting",
                "TransparencyLog", "Witness",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ], swiftSettings: settings),
        // Runs the executable itself, which is built beside the tests.
        .testTarget(
            name: "CommandLineTests",
            dependencies: [
                "zentriq", "AuditLog", "Billing", "BillingTesting", "EventStore", "Postgres", "PostgresTesting",
                "Projections", "Retention", "RetentionTesting", "Sealing", "TransparencyLog", "Verification",
            ],
            swiftSettings: settings),
        // The fault harness: what clients saw against what the log holds, and what breaks things meanwhile.
        .target(
            name: "TortureHistory", dependencies: ["Billing", "CreditDomain", "EventStore"],
            path: "Tests/TortureHistory", swiftSettings: settings),
        .executableTarget(
            name: "torture",
            dependencies: [
                "TortureHistory", "Billing", "CanonicalJSON", "CreditDomain", "EventStore", "Identity", "Postgres",
                "PostgresTesting", "Projections", "Sealing", "TransparencyLog", "Verification",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ], path: "Tests/Torture", exclude: ["clock"], swiftSettings: settings),
        .testTarget(
            name: "TortureTests",
            dependencies: ["TortureHistory", "Billing", "CreditDomain", "EventStore"], swiftSettings: settings),
        .testTarget(name: "LayoutTests", swiftSettings: settings),
    ]
)

// The parts alone, under ordo-one/benchmark: only for `ops/bench parts`, so that nobody else fetches it.
if Context.environment["ZENTRIQ_BENCHMARKS"] == "1" {
    package.dependencies.append(.package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []))
    package.targets.append(
        .executableTarget(
            name: "Parts",
            dependencies: [
                "Billing", "CanonicalJSON", "CreditDomain", "EventStore", "Identity", "Postgres", "Sealing",
                "TransparencyLog",
                .product(name: "Benchmark", package: "benchmark"),
            ], path: "Benchmarks/Parts", swiftSettings: settings,
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]))
}
