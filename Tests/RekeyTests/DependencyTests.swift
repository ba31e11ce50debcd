import Foundation
import Support
import Testing

/// What the program is built from. swift-nio before 2.100.0 falls to one request with very many
/// headers (CVE-2026-28980), swift-nio-http2 before 1.44.1 likewise (CVE-2026-28898).
@Suite struct DependencyTests {
  @Test func `the resolved swift-nio is 2.100.0 or newer`() throws {
    for resolved in try Resolved.all() {
      let version = try #require(resolved.versions["swift-nio"], "\(resolved.file)")
      #expect(try Release(version) >= Release("2.100.0"), "\(resolved.file)")
    }
  }

  @Test func `swift-nio-http2 is absent or 1.44.1 or newer`() throws {
    for resolved in try Resolved.all() {
      guard let version = resolved.versions["swift-nio-http2"] else { continue }
      #expect(try Release(version) >= Release("1.44.1"), "\(resolved.file)")
    }
  }

  @Test func `every direct dependency is pinned to one release, and that one is resolved`() throws {
    let manifest = try #require(Folder.text(of: "\(Resolved.root)/Package.swift"))
    let pinned = /\.package\(\s*url:\s*"[^"]*\/([^"\/]+)",\s*exact:\s*"(\d+\.\d+\.\d+)"/
    let pins = manifest.matches(of: pinned).map { (String($0.1), String($0.2)) }
    #expect(!pins.isEmpty && pins.count == manifest.matches(of: /\.package\(\s*[a-z]+:/).count)
    #expect(pins.contains { $0.0 == "swift-nio" })
    for resolved in try Resolved.all() {
      for (name, version) in pins {
        #expect(resolved.versions[name.lowercased()] == version, "\(name) in \(resolved.file)")
      }
    }
  }

  @Test(arguments: [
    ("2.100.0", "2.100.0", true), ("2.99.9", "2.100.0", false), ("2.100.1", "2.100.0", true),
    ("3.0.0", "2.100.0", true), ("1.200.0", "2.100.0", false), ("2.100.0-beta.1", "2.100.0", false),
  ])
  func `releases are compared by number`(one: String, other: String, isAtLeast: Bool) throws {
    #expect(try (Release(one) >= Release(other)) == isAtLeast)
  }

  @Test(arguments: ["", "2", "2.100", "main", "2.x.0", "2.100.0.0", "-1.0.0"])
  func `what is no release is none`(text: String) {
    #expect(throws: Release.Malformed.self) { try Release(text) }
  }
}

/// `2.100.0`; whatever follows a hyphen comes before the release itself.
private struct Release: Comparable {
  struct Malformed: Error {}

  let numbers: [Int]

  init(_ text: String) throws(Malformed) {
    let parts = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    let numbers = parts[0].split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
    guard numbers.count == 3, !numbers.contains(nil) else { throw Malformed() }
    self.numbers = numbers.compactMap { $0 } + [parts.count == 1 ? 1 : 0]
  }

  static func < (a: Release, b: Release) -> Bool { a.numbers.lexicographicallyPrecedes(b.numbers) }
}

/// What SwiftPM has written down about this build: beside the manifest, and above the test program,
/// wherever the build directory is.
private struct Resolved {
  let file: String
  /// By identity; a dependency without a release is not here.
  let versions: [String: String]

  static var root: String {
    URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
      .path(percentEncoded: false)
  }

  /// All that there are; none is a failure.
  static func all() throws -> [Resolved] {
    var found: [Resolved] = []
    for file in ["\(root)/Package.resolved"] + states {
      guard let data = FileManager.default.contents(atPath: file) else { continue }
      found.append(Resolved(file: file, versions: try versions(in: data)))
    }
    try #require(!found.isEmpty, "neither Package.resolved nor workspace-state.json is there")
    return found
  }

  private static var states: [String] {
    let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    var folder = URL(filePath: program ?? "/")
    var files: [String] = []
    while folder.pathComponents.count > 1 {
      folder.deleteLastPathComponent()
      files.append(folder.appending(path: "workspace-state.json").path(percentEncoded: false))
    }
    return files
  }

  private static func versions(in data: Data) throws -> [String: String] {
    let file = try JSONDecoder().decode(File.self, from: data)
    let all =
      (file.pins ?? []).map { ($0.identity, $0.state.version) }
      + (file.object?.dependencies ?? []).map {
        ($0.packageRef.identity, $0.state.checkoutState?.version)
      }
    let released = all.compactMap { name, version in version.map { (name, $0) } }
    return Dictionary(released) { first, _ in first }
  }

  /// Both files' forms, as far as they matter here.
  private struct File: Decodable {
    var pins: [Pin]?
    var object: Object?

    struct Pin: Decodable {
      let identity: String
      let state: Checkout
    }
    struct Object: Decodable {
      let dependencies: [Dependency]
    }
    struct Dependency: Decodable {
      let packageRef: Reference
      let state: State
    }
    struct Reference: Decodable {
      let identity: String
    }
    struct State: Decodable {
      var checkoutState: Checkout?
    }
    struct Checkout: Decodable {
      var version: String?
    }
  }
}
