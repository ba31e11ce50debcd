import Glibc
import Support
import Testing

@testable import rekey_dev

@Suite struct ClusterTests {
  // MARK: Where it lives

  @Test func `places elsewhere have the same name each time, short enough for a socket`() {
    let places = ClusterHome.Places("/a")
    #expect(places.name == "/a/postgres")
    #expect(places.elsewhere.wholeMatch(of: /\/var\/tmp\/rekey-[0-9a-f]{12}/) != nil)
    #expect(places.socket.wholeMatch(of: /\/tmp\/rekey-[0-9a-f]{12}/) != nil)
    #expect(ClusterHome.Places("/a").socket == places.socket)
    #expect(ClusterHome.Places("/b").socket != places.socket)
  }

  @Test func `only a directory of one's own that is closed to others is taken`() throws {
    let folder = try Folder()
    let user = ClusterUser.current
    try user.claim("\(folder.path)/new")
    #expect(Folder.mode(of: "\(folder.path)/new") == 0o700)
    try user.claim("\(folder.path)/new")
    chmod("\(folder.path)/new", 0o710)
    #expect(throws: Failure.self) {
      try user.claim("\(folder.path)/new")
    }
    let file = try folder.write("x")
    mkdir("\(folder.path)/mine", 0o700)
    #expect(symlink("\(folder.path)/mine", "\(folder.path)/link") == 0)
    for path in [file, "\(folder.path)/link", "\(folder.path)/no/new"] {
      #expect(throws: Failure.self) { try user.claim(path) }
    }
  }

  // MARK: Programs

  /// - Returns: whether it exited with 0, and what it wrote.
  private func shell(_ script: String) async throws -> (Bool, String) {
    let folder = try Folder()
    let log = LogTail("\(folder.path)/log", isKept: true)
    let isSuccess = try await Program("/bin/sh", ["-c", script]).run(log: log)
    #expect(Folder.mode(of: log.path) == 0o600)
    return (isSuccess, Folder.text(of: log.path) ?? "")
  }

  @Test(arguments: [("exit 0", true), ("exit 3", false), ("kill -TERM $$", false)])
  func `a program has exited with 0 or not`(script: String, isSuccess: Bool) async throws {
    let (seen, _) = try await shell(script)
    #expect(seen == isSuccess)
  }

  @Test func `a program has nothing of our environment and no input`() async throws {
    let (_, text) = try await shell("cat; echo \"$HOME $LC_ALL $PGDATA\" >&2; env")
    let lines = text.split(separator: "\n")
    #expect(lines.first == "/ C ")
    let names = Set(lines.dropFirst().compactMap { $0.split(separator: "=").first })
    #expect(names.isSubset(of: ["HOME", "LC_ALL", "PATH", "PWD", "SHLVL", "OLDPWD", "_"]))
  }

  @Test func `what cannot be started is named`() async throws {
    await #expect { try await Program("/no/such/program", []).run() } throws: {
      "\($0)".hasPrefix("/no/such/program cannot be started: ")
    }
  }

  @Test func `a companion is stopped, and one that ends by itself has failed`() async throws {
    let folder = try Folder()
    let log = LogTail("\(folder.path)/log", isKept: false)
    let stopped = Companion("it", Program("/bin/sleep", ["60"]), log: log)
    await stopped.stop()
    try await stopped.run()
    #expect(stopped.hasEnded)
    let ended = Companion("it", Program("/bin/sh", ["-c", "echo no space"]), log: log)
    await #expect { try await ended.run() } throws: {
      "\($0)" == "it has ended by itself: no space"
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
