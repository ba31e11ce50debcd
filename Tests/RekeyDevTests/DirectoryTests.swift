import Glibc
import Support
import Testing

@testable import rekey_dev

@Suite struct DirectoryTests {
  @Test func `a directory has one user at a time`() async throws {
    let folder = try Folder()
    let path = "\(folder.path)/a/dev"
    do {
      let directory = try Directory.open(path)
      #expect(directory.path == path && !directory.isTemporary)
      #expect { _ = try Directory.open(path) } throws: {
        "\($0)" == "\(path)/lock is held: rekey-dev runs there already (pid \(getpid()))"
      }
      await directory.close()
      #expect(Folder.mode(of: path) == (geteuid() == 0 ? 0o711 : 0o700))
      #expect(Folder.mode(of: "\(path)/lock") == 0o600)
    }
    _ = try Directory.open(path)
  }

  @Test func `a directory for one run goes with it`() async throws {
    let directory = try Directory.temporary()
    #expect(directory.isTemporary && access(directory.path, F_OK) == 0)
    await directory.close()
    #expect(access(directory.path, F_OK) != 0)
  }

  @Test func `a reset removes what dev has made and nothing else`() async throws {
    let folder = try Folder()
    let directory = try Directory.open(folder.path)
    for file in Directory.File.allCases { _ = try folder.write("x", to: file.rawValue) }
    _ = try folder.write("x", to: "mine")
    try await directory.reset()
    #expect(folder.names == ["lock", "mine"])
  }

  @Test(arguments: Directory.File.allCases.map(\.rawValue) + ["postgres", "lock"])
  func `a directory in which somebody else has made one of its names is refused`(
    name: String
  ) throws {
    let folder = try Folder()
    _ = try folder.write("mine", to: name)
    #expect { _ = try Directory.open(folder.path) } throws: {
      "\($0)".hasPrefix("\(folder.path)/\(name) was not made by rekey-dev; ")
    }
    #expect(folder.names == [name])
    #expect(Folder.text(of: "\(folder.path)/\(name)") == "mine")
  }

  @Test func `one's own directory is opened again with what is in it`() throws {
    let folder = try Folder()
    do { _ = try Directory.open(folder.path) }
    for file in Directory.File.allCases { _ = try folder.write("x", to: file.rawValue) }
    _ = try Directory.open(folder.path)
  }

  @Test func `a ready file is for a folder that is there`() throws {
    let folder = try Folder()
    let path = try folder.write("old", to: "ready.json")
    try ReadyFile.clear(path)
    try ReadyFile.clear(path)
    #expect(folder.names.isEmpty)
    for wrong in ["\(folder.path)/no/ready.json", folder.path] {
      #expect { try ReadyFile.clear(wrong) } throws: {
        "\($0)".hasPrefix("--ready-file \(wrong)")
      }
    }
  }

  @Test func `a lock is not opened through a link`() throws {
    let folder = try Folder()
    let mine = try folder.write("mine", to: "mine")
    #expect(symlink(mine, "\(folder.path)/lock") == 0)
    #expect(throws: Failure.self) { try DirectoryLock("\(folder.path)/lock") }
    #expect(Folder.text(of: mine) == "mine")
  }

  @Test func `a file is put in place at once, closed to others`() throws {
    let folder = try Folder()
    let directory = try Directory.open(folder.path)
    #expect(!directory.has(.configuration) && directory.read(.configuration) == nil)
    for text in ["one", "two"] {
      try directory.write(text, to: .configuration)
      #expect(directory.read(.configuration) == text && directory.has(.configuration))
    }
    #expect(Folder.mode(of: directory.file(.configuration)) == 0o600)
    #expect(folder.names == ["lock", "rekey.yaml"])
  }
}
