import Glibc
import Support
import Testing

@testable import rekey

@Suite struct KeyFileTests {
  private func problem(_ path: String) -> String? {
    do throws(ConfigurationProblem) {
      _ = try KeyFile.read(path, ConfigurationKey.accountsSecretFile)
      return nil
    } catch { return error.description }
  }

  @Test(arguments: [mode_t(0o600), 0o400, 0o640, 0o440, 0o700])
  func `a file that others cannot read and only its owner can write is read`(mode: mode_t) throws {
    let folder = try Folder()
    let path = try folder.write("hunter2\n", mode: mode)
    #expect(try KeyFile.read(path, ConfigurationKey.accountsSecretFile) == "hunter2\n")
  }

  @Test(arguments: [mode_t(0o604), 0o602, 0o620, 0o644, 0o660, 0o666, 0o777])
  func `any other is refused by a line that says how to mend it`(mode: mode_t) throws {
    let folder = try Folder()
    let path = try folder.write("hunter2\n", mode: mode)
    let line = try #require(problem(path))
    #expect(line.hasPrefix("accounts.secret_file: \(path) can be read by others"))
    #expect(line.hasSuffix("chmod 600 \(path)") && !line.contains("hunter2"))
  }

  @Test func `what is not there or no file is refused`() throws {
    let folder = try Folder()
    #expect(
      problem("\(folder.path)/no") == "accounts.secret_file: \(folder.path)/no cannot be read")
    #expect(problem(folder.path) == "accounts.secret_file: \(folder.path) is not a file")
    #expect(problem("/dev/null") == "accounts.secret_file: /dev/null is not a file")
  }

  @Test func `the file behind a link is the one that is judged`() throws {
    let folder = try Folder()
    let path = try folder.write("x", mode: 0o644)
    #expect(symlink(path, "\(folder.path)/link") == 0)
    #expect(problem("\(folder.path)/link") != nil)
    chmod(path, 0o600)
    #expect(problem("\(folder.path)/link") == nil)
  }

  @Test func `a new file is its owner's, and nothing is overwritten`() throws {
    let folder = try Folder()
    let path = "\(folder.path)/new"
    try KeyFile.create(path, "one")
    #expect(Folder.text(of: path) == "one" && Folder.mode(of: path) == 0o600)
    #expect { try KeyFile.create(path, "two") } throws: {
      "\($0)" == "\(path) exists already and is left as it is"
    }
    #expect(Folder.text(of: path) == "one")
    #expect(symlink("\(folder.path)/elsewhere", "\(folder.path)/link") == 0)
    #expect(throws: CommandFailure.self) { try KeyFile.create("\(folder.path)/link", "x") }
    #expect(Folder.text(of: "\(folder.path)/elsewhere") == nil)
    #expect(throws: CommandFailure.self) { try KeyFile.create("\(folder.path)/no/file", "x") }
  }

  @Test func `a file is replaced as a whole, keeps its mode, and nothing stays beside it`() throws {
    let folder = try Folder()
    let path = try folder.write("one", mode: 0o640)
    try KeyFile.replace(path, "two")
    #expect(Folder.text(of: path) == "two" && Folder.mode(of: path) == 0o640)
    try KeyFile.replace("\(folder.path)/new", "x")
    #expect(Folder.mode(of: "\(folder.path)/new") == 0o600)
    mkdir("\(folder.path)/folder", 0o700)
    #expect(throws: CommandFailure.self) { try KeyFile.replace("\(folder.path)/folder", "x") }
    #expect(folder.names == ["file", "folder", "new"])
  }

  @Test func `behind a link, the file it leads to is replaced`() throws {
    let folder = try Folder()
    let (path, link) = (try folder.write("one"), "\(folder.path)/link")
    #expect(symlink("file", link) == 0)
    try KeyFile.replace(link, "two")
    #expect(Folder.text(of: path) == "two")
    var info = stat()
    #expect(lstat(link, &info) == 0 && info.st_mode & S_IFMT == S_IFLNK)
    unlink(path)
    #expect(throws: CommandFailure.self) { try KeyFile.replace(link, "three") }
    #expect(folder.names == ["link"])
  }

  @Test func `what cannot be announced changes nothing`() throws {
    let folder = try Folder()
    let path = try folder.write("one")
    #expect(throws: CommandFailure.self) {
      try KeyFile.change(path) { _ in
        [0x32]
      } announce: {
        throw CommandFailure(description: "")
      }
    }
    #expect(Folder.text(of: path) == "one" && folder.names == ["file"])
  }

  @Test func `of changes at the same time none is lost`() async throws {
    let folder = try Folder()
    let path = try folder.write("")
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<16 {
        group.addTask { try KeyFile.change(path) { ($0 ?? []) + [UInt8(ascii: "x")] } }
      }
      try await group.waitForAll()
    }
    #expect(Folder.text(of: path) == String(repeating: "x", count: 16))
  }

  @Test(arguments: [
    "", "hello\n", "00000000 hunter2 d signing\n", "00000000 aHVudGVyMg== d signing\n",
  ])
  func `a keyring that is none is refused by one line without a key`(text: String) throws {
    let folder = try Folder()
    let path = try folder.write(text)
    let settings = try Configured.settings([ConfigurationKey.keyringFile: path])
    #expect { _ = try Assembly.readKeyring(settings) } throws: { error in
      let line = "\(error)"
      return line.hasPrefix("keyring.file: \(path): ") && !line.contains("hunter2")
        && !line.contains("aHVudGVyMg") && !line.utf8.contains(0x0a)
    }
  }

  @Test(arguments: [
    ("shop hunter2 d\n", "line 1 is not: name sha256-hex created-at"),
    ("# a\n\nSHOP x d\n", "line 3 is not: name sha256-hex created-at"),
  ])
  func `a callers file that is none is refused by its line's number`(
    text: String, sentence: String
  ) throws {
    let folder = try Folder()
    let path = try folder.write(text)
    let settings = try Configured.settings([ConfigurationKey.callersFile: path])
    #expect { _ = try Assembly.readCallerKeys(settings) } throws: {
      "\($0)" == "callers.file: \(path): \(sentence)"
    }
  }
}
