// swift-tools-version: 6.2
import PackageDescription

// Targets stand from the bottom (doors to C) to the top (the program); a target may import only
// what its `dependencies` name, so this list is the architecture.

let strict: [SwiftSetting] =
  [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
  ] + (Context.environment["CI"] == nil ? [] : [.treatAllWarnings(as: .error)])

let strictMemory: [SwiftSetting] = strict + [.strictMemorySafety()]

let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let mustache: Target.Dependency = .product(name: "Mustache", package: "swift-mustache")
let lifecycleTestKit: Target.Dependency = .product(
  name: "ServiceLifecycleTestKit", package: "swift-service-lifecycle")
let argumentParser: Target.Dependency = .product(
  name: "ArgumentParser", package: "swift-argument-parser")
let lifecycle: Target.Dependency = .product(
  name: "ServiceLifecycle", package: "swift-service-lifecycle")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")

let package = Package(
  name: "rekey",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "rekey", targets: ["rekey"]),
    .executable(name: "rekey-dev", targets: ["rekey-dev"]),
  ],
  dependencies: [
    .package(
      url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1", traits: []),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", exact: "2.1.1"),
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-configuration", exact: "1.4.0", traits: []),
    .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0", traits: []),
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-extras", exact: "1.35.2"),
    .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", exact: "1.0.2", traits: []),
  ],
  targets: [
    // Doors to C: headers and typed inline functions, no logic.
    .systemLibrary(
      name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
    .systemLibrary(
      name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(
      name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),

    // A leaf: how texts and small files are read and written.
    .target(name: "Formats", swiftSettings: strict),

    // C libraries in Swift.
    .target(name: "Threading", swiftSettings: strict),
    .target(name: "Cryptography", dependencies: ["CCrypto"], swiftSettings: strictMemory),
    .target(
      name: "Postgres", dependencies: ["CPostgres", "Threading"], swiftSettings: strictMemory),
    .target(
      name: "Transfer", dependencies: ["CCurl", "Formats", "Threading"], swiftSettings: strictMemory
    ),

    // The domain: no I/O.
    .target(
      name: "PasswordReset", dependencies: ["Cryptography", "Formats"], swiftSettings: strict),

    // The texts that people get, mails and pages alike.
    .target(
      name: "Templates", dependencies: ["Formats", mustache], swiftSettings: strict,
      plugins: ["EmbedFiles"]),

    // Adapters: each imports the domain, none imports another.
    .target(
      name: "Storage", dependencies: ["PasswordReset", "Postgres", logging],
      swiftSettings: strict, plugins: ["EmbedFiles"]),
    .target(
      name: "Accounts", dependencies: ["Formats", "PasswordReset", "Postgres", "Transfer"],
      swiftSettings: strict),
    .target(
      name: "Mailing", dependencies: ["Formats", "PasswordReset", "Templates", "Transfer"],
      swiftSettings: strict),
    .target(
      name: "Delivery", dependencies: ["PasswordReset", lifecycle, logging],
      swiftSettings: strict),
    .target(
      name: "Web",
      dependencies: [
        "Formats", "PasswordReset", "Templates", hummingbird, httpTypes, lifecycle, logging,
        nioCore,
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
        .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
      ],
      swiftSettings: strict),

    .target(
      name: "Hooks", dependencies: ["Cryptography", "Formats", "PasswordReset"],
      swiftSettings: strict),

    // For `rekey-dev` alone.
    .target(
      name: "MailSink",
      dependencies: ["Formats", hummingbird, httpTypes, logging, nioCore, nioPosix],
      swiftSettings: strict),
    .target(
      name: "DemoApp",
      dependencies: [
        "CCrypto", "Cryptography", "Formats", hummingbird, httpTypes, logging, nioPosix,
      ],
      swiftSettings: strictMemory),

    // The programs: the service, and one that tries it on this machine with all it needs.
    .executableTarget(
      name: "rekey",
      dependencies: [
        "Accounts", "Cryptography", "Delivery", "Formats", "Hooks", "Mailing", "PasswordReset",
        "Postgres", "Storage", "Templates", "Threading", "Transfer", "Web",
        hummingbird, lifecycle, logging, "Yams",
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        argumentParser,
        .product(name: "Configuration", package: "swift-configuration"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "rekey-dev",
      dependencies: [
        "Cryptography", "DemoApp", "Formats", "MailSink", hummingbird, lifecycle, logging, nioCore,
        nioPosix,
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        argumentParser,
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: strict),

    // Embeds sql/ and templates/ into the target that uses them.
    .executableTarget(
      name: "embed-files", path: "Sources/EmbedFiles/Tool", swiftSettings: strict),
    .plugin(
      name: "EmbedFiles", capability: .buildTool(), dependencies: ["embed-files"],
      path: "Sources/EmbedFiles/Plugin"),

    // Tests: one target a module. Those that need PostgreSQL take it from REKEY_TEST_DATABASE_URL.
    .testTarget(name: "FormatsTests", dependencies: ["Formats"], swiftSettings: strict),
    .testTarget(name: "CryptographyTests", dependencies: ["Cryptography"], swiftSettings: strict),
    .testTarget(
      name: "ThreadingTests", dependencies: ["Support", "Threading"], swiftSettings: strict),
    .testTarget(name: "PostgresTests", dependencies: ["Postgres"], swiftSettings: strict),
    .testTarget(
      name: "TransferTests", dependencies: ["Formats", "Transfer"], swiftSettings: strict),
    .testTarget(
      name: "PasswordResetTests",
      dependencies: ["CCrypto", "Cryptography", "Formats", "PasswordReset", "Support"],
      swiftSettings: strict),
    .testTarget(
      name: "HooksTests",
      dependencies: ["CCrypto", "Cryptography", "Formats", "Hooks", "PasswordReset", "Support"],
      swiftSettings: strict),
    .testTarget(
      name: "TemplatesTests", dependencies: ["Formats", "Templates"], swiftSettings: strict),
    .testTarget(
      name: "MailingTests",
      dependencies: ["Formats", "Mailing", "PasswordReset", "Support", "Templates", "Transfer"],
      swiftSettings: strict),
    .testTarget(
      name: "AccountsTests",
      dependencies: [
        "Accounts", "Cryptography", "Formats", "PasswordReset", "Postgres", "Support", "Transfer",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "MailSinkTests",
      dependencies: [
        "MailSink", hummingbird, httpTypes, logging, nioCore, nioPosix,
        .product(name: "NIOEmbedded", package: "swift-nio"),
      ], swiftSettings: strict),
    .testTarget(
      name: "DemoAppTests",
      dependencies: [
        "DemoApp", "Formats", hummingbird, httpTypes, logging, nioCore,
        .product(name: "NIOEmbedded", package: "swift-nio"),
      ], swiftSettings: strict),
    .testTarget(
      name: "StorageTests",
      dependencies: [
        "Cryptography", "Formats", "PasswordReset", "Postgres", "Storage", "StoreContract",
        "Support",
        logging,
      ],
      swiftSettings: strict),
    .testTarget(
      name: "DeliveryTests",
      dependencies: [
        "Delivery", "Formats", "PasswordReset", "StoreContract", "Support", logging, lifecycle,
        lifecycleTestKit,
      ],
      swiftSettings: strict),
    .testTarget(
      name: "WebTests",
      dependencies: [
        "Formats", "Hooks", "PasswordReset", "StoreContract", "Support", "Templates", "Web",
        hummingbird, httpTypes, logging, nioCore,
        .product(name: "NIOEmbedded", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
      ], swiftSettings: strict),
    .testTarget(
      name: "RekeyTests",
      dependencies: [
        "Accounts", "Formats", "PasswordReset", "Postgres", "Support", "rekey", argumentParser,
        logging,
      ],
      swiftSettings: strict),
    // What the tests of several modules share.
    .target(
      name: "Support", dependencies: ["Formats", "PasswordReset", logging], path: "Tests/Support",
      swiftSettings: strict),
    .testTarget(
      name: "RekeyDevTests",
      dependencies: ["rekey-dev", "Support", argumentParser, nioCore, nioPosix],
      swiftSettings: strict),
    // The rules of the store, and a store in memory that is held to them as PostgreSQL is.
    .target(
      name: "StoreContract", dependencies: ["Cryptography", "Formats", "PasswordReset"],
      path: "Tests/StoreContract", swiftSettings: strict),
  ]
)
