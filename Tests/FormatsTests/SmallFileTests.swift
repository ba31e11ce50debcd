import Foundation
import Formats
import Testing

@Suite struct SmallFileTests {
  private let folder = FileManager.default.temporaryDirectory
    .appending(path: "rekey-small-\(UUID().uuidString)")

  init() throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  /// Runs in a folder that is gone afterwards.
  private func with(
    _ content: [UInt8], mode: Int = 0o600, _ body: (String) throws -> Void
  ) throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: "file").path(percentEncoded: false)
    let isMade = FileManager.default.createFile(
      atPath: path, contents: Data(content), attributes: [.posixPermissions: mode])
    try #require(isMade)
    try body(path)
  }

  @Test(arguments: [(0, 0), (5, 5), (4096, 4096), (1_000_000, 1_000_000)])
  func `a file up to the limit is read whole`(size: Int, limit: Int) throws {
    let content = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
    try with(content) { path in
      let read = try SmallFile.bytes(path, for: .owner, atMost: limit)
      #expect(read == content)
    }
  }

  @Test func `one octet more is too large`() throws {
    try with([1, 2, 3]) { path in
      #expect(throws: SmallFile.Problem.tooLarge(octets: 2)) {
        try SmallFile.bytes(path, for: .owner, atMost: 2)
      }
    }
  }

  @Test(arguments: [0o604, 0o602, 0o620, 0o644])
  func `what others can read or change is no secret`(mode: Int) throws {
    try with([65], mode: mode) { path in
      #expect(throws: SmallFile.Problem.openToOthers) {
        try SmallFile.text(path, for: .owner, atMost: 10)
      }
      let read = try SmallFile.text(path, for: .anybody, atMost: 10)
      #expect(read == "A")
    }
  }

  @Test(arguments: [0o600, 0o640, 0o400, 0o440])
  func `a group may read`(mode: Int) throws {
    try with([65], mode: mode) { path in
      let read = try SmallFile.text(path, for: .owner, atMost: 10)
      #expect(read == "A")
    }
  }

  @Test func `text is UTF-8`() throws {
    try with([0x41, 0xff]) { path in
      #expect(throws: SmallFile.Problem.notUTF8) {
        try SmallFile.text(path, for: .owner, atMost: 10)
      }
    }
  }

  @Test func `a folder, a device, a pipe and a name with NUL are no files`() throws {
    try with([]) { path in
      let pipe = path + ".pipe"
      try #require(mkfifo(pipe, 0o600) == 0)
      for other in [folder.path(percentEncoded: false), "/dev/zero", pipe] {
        #expect(throws: SmallFile.Problem.notAFile) {
          try SmallFile.bytes(other, for: .anybody, atMost: 10)
        }
      }
      for other in [path + "\0", path + ".missing"] {
        #expect(throws: SmallFile.Problem.unreadable) {
          try SmallFile.bytes(other, for: .anybody, atMost: 10)
        }
      }
    }
  }
}
