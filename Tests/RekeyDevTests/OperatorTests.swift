import ArgumentParser
import Testing

@testable import rekey_dev

@Suite struct OperatorTests {
  private func exitCode(_ arguments: [String]) -> Int32 {
    do {
      _ = try RekeyDev.parseAsRoot(arguments)
      return 0
    } catch { return RekeyDev.exitCode(for: error).rawValue }
  }

  @Test(arguments: [
    [], ["--walk", "--reset"], ["--port-base", "0"], ["--port-base", "1"],
    ["--port-base", "65531"], ["--ready-file", "x", "--directory", "y"],
  ])
  func `right usage is taken`(arguments: [String]) { #expect(exitCode(arguments) == 0) }

  @Test(arguments: [
    ["--port-base", "65532"], ["--port-base=-1"], ["--port-base", "x"], ["--directory", ""],
    ["--ready-file", ""], ["--walk", "--ready-file", "x"], ["--database-url", "x"], ["dev"],
  ])
  func `wrong usage is 64`(arguments: [String]) { #expect(exitCode(arguments) == 64) }

  @Test(arguments: [
    ("sql/roles.sql", "sql/roles.sql"), ("ON_ERROR_STOP=1", "ON_ERROR_STOP=1"), ("", "''"),
    ("a b", "'a b'"), ("it's", "'it'\\''s'"), ("$HOME", "'$HOME'"),
    ("postgresql://a@/b?host=/c", "'postgresql://a@/b?host=/c'"),
  ])
  func `what is shown can be pasted into a shell`(word: String, shown: String) {
    #expect(Operator.quoted(word) == shown)
    #expect(Operator.line("psql", ["-f", word]) == "psql -f \(shown)")
  }
}
