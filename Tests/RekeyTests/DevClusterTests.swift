import Glibc
import Testing

@testable import rekey

@Suite struct DevClusterTests {
  // MARK: Where it lives

  @Test(arguments: [(93, true), (94, false)])
  func `a socket's path has at most 107 bytes`(length: Int, fits: Bool) {
    #expect(ClusterHome.fitsSocket("/" + String(repeating: "a", count: length - 1)) == fits)
  }

  @Test(arguments: ["/a b", "/a,b", "/a'b", "/ä", "/a\"b", "/a\\b", "/a\nb"])
  func `a path that PostgreSQL would take apart is not one for a socket`(path: String) {
    #expect(!ClusterHome.fitsSocket(path))
  }

  @Test func `a directory for others' places has the same name each time`() {
    let name = PrivateDirectory.name(in: "/tmp", for: "/a")
    #expect(name.wholeMatch(of: /\/tmp\/rekey-[0-9a-f]{12}/) != nil)
    #expect(PrivateDirectory.name(in: "/tmp", for: "/a") == name)
    #expect(PrivateDirectory.name(in: "/tmp", for: "/b") != name)
  }

  @Test func `only a directory of one's own that is closed to others is taken`() throws {
    let folder = try Folder()
    let user = DevUser.current
    try PrivateDirectory.claim("\(folder.path)/new", for: user)
    #expect(Folder.mode(of: "\(folder.path)/new") == 0o700)
    try PrivateDirectory.claim("\(folder.path)/new", for: user)
    chmod("\(folder.path)/new", 0o710)
    #expect(throws: CommandFailure.self) {
      try PrivateDirectory.claim("\(folder.path)/new", for: user)
    }
    let file = try folder.write("x")
    mkdir("\(folder.path)/mine", 0o700)
    #expect(symlink("\(folder.path)/mine", "\(folder.path)/link") == 0)
    for path in [file, "\(folder.path)/link", "\(folder.path)/no/new"] {
      #expect(throws: CommandFailure.self) { try PrivateDirectory.claim(path, for: user) }
    }
  }

  @Test func `a user reaches what lets him pass from the root on`() throws {
    let folder = try Folder()
    let stranger = DevUser(uid: 65534, gid: 65534)
    mkdir("\(folder.path)/in", 0o711)
    for path in [folder.path, "\(folder.path)/in"] {
      #expect(DevUser.current.reaches(path) && !stranger.reaches(path))
    }
    #expect(stranger.reaches("/") && !DevUser.current.reaches("\(folder.path)/no"))
  }

  // MARK: Programs of others

  private func shell(_ script: String, in folder: Folder) -> ChildProcess {
    ChildProcess(
      .init(program: "/bin/sh", arguments: ["-c", script], output: "\(folder.path)/output"))
  }

  @Test(arguments: [("exit 0", Int32(0)), ("exit 3", 3), ("kill -TERM $$", 143), ("exit 255", 255)])
  func `an end is a code, or 128 and a signal`(script: String, code: Int32) async throws {
    let folder = try Folder()
    let child = shell(script, in: folder)
    #expect(!child.hasEnded)
    #expect(try await child.run() == code)
    #expect(child.hasEnded)
  }

  @Test func `a child has nothing of our environment and no input`() async throws {
    let folder = try Folder()
    #expect(try await shell("cat; echo \"$HOME $LC_ALL $PGDATA\" >&2; env", in: folder).run() == 0)
    let lines = try #require(Folder.text(of: "\(folder.path)/output")).split(separator: "\n")
    #expect(lines.first == "/ C ")
    let names = Set(lines.dropFirst().compactMap { $0.split(separator: "=").first })
    #expect(names.isSubset(of: ["HOME", "LC_ALL", "PATH", "PWD", "SHLVL", "OLDPWD", "_"]))
    #expect(Folder.mode(of: "\(folder.path)/output") == 0o600)
  }

  @Test func `a signal before the start prevents it`() async throws {
    let folder = try Folder()
    let child = shell("echo started", in: folder)
    child.signal(SIGTERM)
    #expect(try await child.run() == 128 + SIGTERM)
    #expect(Folder.text(of: "\(folder.path)/output") == nil)
  }

  @Test func `what cannot be started is named`() async throws {
    let folder = try Folder()
    let child = ChildProcess(
      .init(program: "/no/such/program", arguments: [], output: "\(folder.path)/output"))
    await #expect { _ = try await child.run() } throws: {
      "\($0)".hasPrefix("/no/such/program cannot be started: ")
    }
  }

  private func words(_ former: String, _ text: String, isKept: Bool = true) throws -> String {
    let folder = try Folder()
    let tail = LogTail(try folder.write(former), isKept: isKept)
    _ = try folder.write(former + text)
    return tail.words.replacing(folder.path, with: "D")
  }

  @Test func `the last lines of a log are its words, without those of earlier starts`() throws {
    #expect(try words("FATAL: x\n", "1\n2\n\n3\n4\n") == ": 2 | 3 | 4 (more in D/file)")
    #expect(try words("FATAL: x\n", "") == "")
    let folder = try Folder()
    #expect(LogTail("\(folder.path)/no", isKept: true).words == "")
  }

  @Test(arguments: ["FATAL:  no space", "PANIC:  no space", "initdb: error: could not write"])
  func `lines that name a cause come before later ones`(cause: String) throws {
    #expect(try words("", "0\n\(cause)\n1\n2\n3\n") == ": \(cause) (more in D/file)")
  }

  @Test func `a log that goes with its directory is not named`() throws {
    #expect(try words("", "no space\n", isKept: false) == ": no space")
  }
}
