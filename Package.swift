// swift-tools-version: 6.2
// One folder under Sources/ is one target; a target may import only those it lists here (scripts/check-layers
// compares the two). Order: the lowest layer first.

import PackageDescription

/// Settings of every Swift target.
let settings: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .strictMemorySafety(),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableExperimentalFeature("Lifetimes"),
]

/// Tests hold no unsafe core and may use what is handy.
let testSettings: [SwiftSetting] = Array(settings.dropFirst(2))

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
  .testTarget(
    name: name + "Tests", dependencies: dependencies, resources: resources, swiftSettings: testSettings)
}

func system(_ name: String, pkgConfig: String, apt: String) -> Target {
  .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([apt])])
}

let package = Package(
  name: "mongodrill",
  targets: [
    // What the system gives.
    system("CBSON", pkgConfig: "libbson-1.0", apt: "libbson-dev"),
    system("CMongoC", pkgConfig: "libmongoc-1.0", apt: "libmongoc-dev"),
    system("CArchive", pkgConfig: "libarchive", apt: "libarchive-dev"),
    system("CLibYAML", pkgConfig: "yaml-0.1", apt: "libyaml-dev"),
    system("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
    system("CZstd", pkgConfig: "libzstd", apt: "libzstd-dev"),
    system("CLZ4", pkgConfig: "liblz4", apt: "liblz4-dev"),
    system("CLZMA", pkgConfig: "liblzma", apt: "liblzma-dev"),
    system("CCrypto", pkgConfig: "libcrypto", apt: "libssl-dev"),
    .target(name: "CSpawn"),
    library("Platform", ["CCrypto", "CSpawn"]),

    // Words that everything else speaks.
    library("BSON", ["CBSON"]),
    library("Facts", ["BSON", "Platform"]),
    library("Record", ["Platform"]),

    // Readers and the server.
    library("Sharding", ["BSON"]),
    library("Arguments", ["Platform"]),
    library("Configuration", ["CLibYAML", "BSON", "Platform"]),
    library("Compression", ["CZlib", "CZstd", "CLZ4", "CLZMA", "Platform"]),
    library("Backups", ["Facts", "Compression", "CArchive", "CCrypto", "BSON", "Platform"]),
    library("Readiness", ["Backups", "Configuration", "Facts", "Record", "BSON", "Platform"]),
    library("Mongo", ["CMongoC", "BSON", "Platform"]),
    library("Sandbox", ["Mongo", "Facts", "BSON", "Platform"]),

    // What a drill does.
    library("Restore", ["Backups", "Mongo", "Facts", "BSON", "Record", "Platform"]),
    library("Replay", ["Restore", "Backups", "Mongo", "Facts", "BSON", "Record", "Platform"]),
    library("Witness", ["Mongo", "Compression", "Facts", "BSON", "Record", "Platform"]),
    library(
      "Physical",
      ["Replay", "Restore", "Witness", "Sandbox", "Mongo", "Backups", "Facts", "Record", "BSON", "Platform"]),
    library("Checks", ["Witness", "Mongo", "Facts", "Record", "Configuration", "BSON", "Platform"]),
    library(
      "Drafting", ["Backups", "Checks", "Facts", "Record", "Configuration", "BSON", "Platform"]),
    library(
      "Drills",
      [
        "Checks", "Drafting", "Physical", "Sharding", "Witness", "Replay", "Restore", "Sandbox", "Mongo",
        "Backups", "Configuration", "Readiness", "Record", "Facts",
        "BSON",
        "Platform",
      ]),
    library("Reports", ["Readiness", "Record", "Platform"]),
    library(
      "Fleet",
      ["Drills", "Reports", "Readiness", "Backups", "Configuration", "Record", "Platform"]),
    library(
      "Commands",
      [
        "Arguments", "Drills", "Drafting", "Checks", "Physical", "Witness", "Replay", "Restore", "Sandbox",
        "Mongo",
        "Backups",
        "Reports", "Fleet",
        "Readiness", "Record", "Configuration",
        "Facts", "BSON",
        "Platform",
      ]),
    .executableTarget(name: "mongodrill", dependencies: ["Commands"], swiftSettings: settings),

    // What tests share: a harness to kill, folders that go with the test.
    .target(
      name: "TestSupport", dependencies: ["Sandbox", "Mongo", "Facts", "BSON", "Platform"],
      path: "Tests/TestSupport",
      swiftSettings: testSettings),
    .executableTarget(
      name: "Holder", dependencies: ["Sandbox", "Platform"], path: "Tests/Holder", swiftSettings: testSettings
    ),
    .executableTarget(
      name: "Fuzzer",
      dependencies: [
        "Commands", "Checks", "Drills", "Witness", "Replay", "Backups", "Reports", "Readiness", "Record",
        "Configuration",
        "Compression", "Facts", "BSON", "Platform",
      ], path: "Tests/Fuzzer", swiftSettings: testSettings),
    tests("Arguments", ["Arguments", "Platform"]),
    tests("Backups", ["Backups", "Compression", "Facts", "BSON", "CZlib", "Platform"]),
    tests("BSON", ["BSON"]),
    tests(
      "Checks",
      [
        "Checks", "Witness", "Sandbox", "Mongo", "Facts", "Record", "Configuration", "BSON", "Platform",
        "TestSupport",
      ]),
    tests("Commands", ["Commands", "Arguments", "Record"]),
    tests("Compression", ["Compression", "CZlib", "Platform"]),
    tests("Configuration", ["Configuration", "BSON", "Platform"]),
    tests(
      "Drafting",
      ["Drafting", "Backups", "Checks", "Facts", "Configuration", "BSON", "Platform", "TestSupport"]),
    tests(
      "Drills",
      [
        "Drills", "Witness", "Configuration", "Checks", "Sandbox", "Mongo", "Record", "Reports", "Facts",
        "BSON",
        "Platform",
        "TestSupport",
      ]),
    tests(
      "EndToEnd",
      ["mongodrill", "TestSupport", "Sandbox", "Compression", "Mongo", "Facts", "BSON", "Platform"]),
    tests("Facts", ["Facts", "BSON", "Platform"]),
    tests(
      "Fuzz",
      [
        "Fuzzer", "mongodrill", "TestSupport", "Backups", "Compression", "Configuration", "BSON", "Platform",
      ]),
    tests("Fleet", ["Fleet", "Drills", "Readiness", "Configuration", "Record", "Platform"]),
    tests("Mongo", ["Mongo", "Sandbox", "BSON", "Platform"]),
    tests(
      "Physical",
      [
        "Physical", "Replay", "Restore", "Witness", "Sandbox", "Mongo", "Backups", "Facts", "BSON",
        "Platform",
        "TestSupport",
      ]),
    tests("Platform", ["Platform", "TestSupport", "Holder"]),
    tests(
      "Readiness",
      [
        "Readiness", "Backups", "Reports", "Configuration", "BSON", "Record", "Platform",
      ]),
    tests("Record", ["Record", "Platform"]),
    tests(
      "Replay",
      [
        "Replay", "Restore", "Sandbox", "Mongo", "Backups", "Compression", "Facts", "BSON", "Platform",
        "TestSupport",
      ]),
    tests("Reports", ["Reports", "Record", "Platform", "TestSupport"]),
    tests(
      "Restore",
      [
        "Restore", "Witness", "Sandbox", "Mongo", "Backups", "Record", "Facts", "BSON", "Platform",
        "TestSupport",
      ]),
    tests("Sharding", ["Sharding", "BSON"]),
    tests("Sandbox", ["Sandbox", "Mongo", "Facts", "BSON", "Platform", "TestSupport", "Holder"]),
    tests("Witness", ["Witness", "Sandbox", "Mongo", "Facts", "Record", "BSON", "Platform", "TestSupport"]),
  ],
  swiftLanguageModes: [.v6]
)
