import ArgumentParser
import PasswordReset
import Support
import Testing

@testable import rekey

/// What a command line is taken for, before anything is done.
@Suite struct CommandTests {
  private func exitCode(_ arguments: [String]) -> Int32 {
    do {
      _ = try Rekey.parseAsRoot(arguments)
      return 0
    } catch { return Rekey.exitCode(for: error).rawValue }
  }

  @Test(arguments: [
    ["purge"], ["purge", "--dry-run", "--json"], ["purge", "--older-than", "1s"],
    ["purge", "--older-than", "3650d"], ["purge", "--older-than", "315360000s"],
    ["purge", "--batch", "1"], ["purge", "--batch", "100000"], ["keys", "init"],
    ["keys", "list", "--json"], ["callers", "add", "shop"], ["callers", "add", "a-b_9"],
    ["callers", "list", "--json"], ["callers", "remove", "shop"],
    ["callers", "remove", "shop", "--key", "1f2e3d4c"], ["config", "--json"],
    ["version", "--json"],
    ["migrate"], ["migrate", "--status"], ["migrate", "--dry-run"], ["serve", "--no-worker"],
    ["work", "--worker-concurrency", "5"], ["serve", "--config", "rekey.yaml"],
  ])
  func `right usage is taken`(arguments: [String]) { #expect(exitCode(arguments) == 0) }

  @Test(arguments: [
    ["purge", "--older-than", "0s"], ["purge", "--older-than", "3651d"],
    ["purge", "--older-than", "315360001s"], ["purge", "--older-than=-1d"],
    ["purge", "--older-than", "10000000000000000000s"], ["purge", "--older-than", "30"],
    ["purge", "--older-than", ""], ["purge", "--older-than"], ["purge", "--batch", "0"],
    ["purge", "--batch", "100001"], ["purge", "--batch=-1"], ["purge", "--batch", "x"],
    ["purge", "--batch", "9223372036854775808"], ["purge", "x"], ["keys", "init", "x"],
    ["keys", "remove"], ["callers", "add"], ["callers", "add", "a", "b"], ["callers", "add", "A"],
    ["callers", "add", ""], ["callers", "add", "1a"], ["callers", "add", "file"],
    ["callers", "add", "a b"], ["callers", "remove"], ["migrate", "--status", "--dry-run"],
    ["serve", "--worker"], ["dev"],
    ["no-such-command"], ["--no-such-option"], ["serve", "--token-lifetime"],
  ])
  func `wrong usage is 64`(arguments: [String]) { #expect(exitCode(arguments) == 64) }

  /// An empty beginning is the beginning of all keys.
  @Test(arguments: [["--key", ""], ["--key="]])
  func `one key to remove is named by what is listed`(key: [String]) {
    #expect(exitCode(["callers", "remove", "shop"] + key) == 64)
  }

  @Test(arguments: [(64, Int32(0)), (65, 64)])
  func `a caller's name has at most 64 letters`(length: Int, code: Int32) {
    #expect(exitCode(["callers", "add", String(repeating: "a", count: length)]) == code)
  }

  @Test func `a purge without a word takes the retention and 5000 rows at once`() throws {
    let purge = try Purge.parse([])
    #expect(purge.olderThan == nil && purge.batch == 5000 && !purge.dryRun && !purge.json)
    #expect(try Purge.parse(["--older-than", "7d", "--dry-run"]).olderThan == "7d")
  }

  @Test func `only the key that is named is removed, of the caller that is named`() async throws {
    let folder = try Folder()
    let (one, two) = (String(repeating: "1", count: 64), String(repeating: "2", count: 64))
    let file = try folder.write("shop \(one) d\nshop \(two) d\nother 3\(one.dropFirst()) d\n")
    let remove = ["--callers-file", file, "--config", try folder.write("", to: "rekey.yaml")]
    try await Callers.Remove.parse(["shop", "--key", "11111111"] + remove).run()
    #expect(Folder.text(of: file) == "shop \(two) d\nother 3\(one.dropFirst()) d\n")
    await #expect(throws: CommandFailure.self) {
      try await Callers.Remove.parse(["shop", "--key", "11111111"] + remove).run()
    }
    try await Callers.Remove.parse(["shop"] + remove).run()
    #expect(Folder.text(of: file) == "other 3\(one.dropFirst()) d\n")
    #expect(Folder.mode(of: file) == 0o600)
  }

  @Test func `a third key of a caller is refused and changes nothing`() async throws {
    let folder = try Folder()
    let (one, two) = (String(repeating: "1", count: 64), String(repeating: "2", count: 64))
    let text = "shop \(one) d\nshop \(two) d\n"
    let file = try folder.write(text)
    let add = ["--callers-file", file, "--config", try folder.write("", to: "rekey.yaml")]
    await #expect(throws: CommandFailure.self) {
      try await Callers.Add.parse(["shop"] + add).run()
    }
    #expect(Folder.text(of: file) == text)
  }

  @Test func `comments, empty lines and mode outlive a change`() async throws {
    let folder = try Folder()
    let hash = String(repeating: "1", count: 64)
    let file = try folder.write("# ours\n\nshop \(hash) d\n# end", mode: 0o640)
    let options = ["--callers-file", file, "--config", try folder.write("", to: "rekey.yaml")]
    try await Callers.Add.parse(["other"] + options).run()
    let added = try #require(Folder.text(of: file))
    #expect(added.hasPrefix("# ours\n\nshop \(hash) d\n# end\nother ") && added.hasSuffix("Z\n"))
    try await Callers.Remove.parse(["other"] + options).run()
    #expect(Folder.text(of: file) == "# ours\n\nshop \(hash) d\n# end\n")
    try await Callers.Remove.parse(["shop"] + options).run()
    #expect(Folder.text(of: file) == "# ours\n\n# end\n" && Folder.mode(of: file) == 0o640)
  }

  @Test func `keys init makes a keyring once`() async throws {
    let folder = try Folder()
    let file = "\(folder.path)/keyring"
    let options = ["--keyring-file", file, "--config", try folder.write("", to: "rekey.yaml")]
    try await Keys.Init.parse(options).run()
    let text = try #require(Folder.text(of: file))
    #expect(Folder.mode(of: file) == 0o600)
    await #expect(throws: CommandFailure.self) { try await Keys.Init.parse(options).run() }
    #expect(Folder.text(of: file) == text)
    let settings = try Configured.settings([ConfigurationKey.keyringFile: file])
    let states = try Assembly.readKeyring(settings).entries.map { "\($0.state)" }
    #expect(states.sorted() == ["pepper", "signing"])
  }

  @Test func `a date is one of RFC 3339 to the second`() {
    #expect(Today.text.wholeMatch(of: /20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ/) != nil)
  }
}
