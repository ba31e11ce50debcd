import ArgumentParser
import Cryptography
import Formats
import PasswordReset
import Storage
import Transfer

enum Version {
  static let number = "0.2.0"
}

struct VersionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "version", abstract: "Show the version of rekey and of what it is linked with.",
    discussion: "Examples:\n  rekey version\n  rekey version --json")

  @Flag(help: "Write one JSON object.")
  var json = false

  func run() {
    let facts = [
      ("rekey", Version.number), ("schema", String(Migrations.newest)),
      ("libcurl", Libcurl.version), ("openssl", openSSLVersion),
    ]
    if json {
      Console.output(Printing.object(facts.map { ($0.0, .string($0.1)) }))
    } else {
      for (name, version) in facts { Console.output("\(name) \(version)") }
    }
  }
}
