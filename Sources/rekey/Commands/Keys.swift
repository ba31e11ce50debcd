import ArgumentParser
import Formats
import Foundation
import PasswordReset

struct Keys: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make and list the keys of the keyring.",
    discussion: """
      Examples:
        rekey keys init --keyring-file /etc/rekey/keyring
        rekey keys list --json
      """,
    subcommands: [Init.self, List.self])

  struct Init: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make keyring.file with a signing key and a pepper; never overwrites.",
      discussion: "Examples:\n  rekey keys init --keyring-file /etc/rekey/keyring")

    @OptionGroup(title: "Configuration")
    var options: ConfigurationOptions

    func run() async throws {
      let settings = try options.settings()
      let path = try settings.require(settings.keyringFile, ConfigurationKey.keyringFile)
      try KeyFile.create(path, try Keyring.newFile(createdAt: Today.text))
      Console.error("made \(path); keep a copy in a safe place: without it no link works")
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the keys by id and state; never shows a key.",
      discussion: "Examples:\n  rekey keys list\n  rekey keys list --json")

    @Flag(help: "Write one JSON object a line.")
    var json = false

    @OptionGroup(title: "Configuration")
    var options: ConfigurationOptions

    func run() async throws {
      for entry in try Assembly.readKeyring(try options.settings()).entries {
        if json {
          Console.output(
            Printing.object([
              ("kid", .string(entry.kid.description)), ("state", .string(entry.state.rawValue)),
              ("created_at", .string(entry.createdAt)),
            ]))
        } else {
          Console.output("\(entry.kid) \(entry.state.rawValue) \(entry.createdAt)")
        }
      }
    }
  }
}

enum Today {
  /// RFC 3339, to the second, by the host's clock: a note for people.
  static var text: String {
    let now = Timestamp(microseconds: Int64(Date().timeIntervalSince1970) * 1_000_000)
    return "\(now)".replacing(".000Z", with: "Z")
  }
}

extension Keyring.Problem {
  var sentence: String {
    switch self {
    case .malformedLine(let line):
      "line \(line) is not: kid key-base64 created-at signing|verifying|retired|pepper"
    case .malformedKey(let line): "the key of line \(line) is not base64"
    case .shortKey(let line): "the key of line \(line) is shorter than 32 bytes"
    case .weakKey(let line): "the key of line \(line) is not random"
    case .keyIDDiffers(let line): "the kid of line \(line) is not that of its key"
    case .duplicateKey(let line): "the key of line \(line) stands twice"
    case .signingKeys(let found): "exactly one key must be signing, \(found) are"
    case .peppers(let found): "exactly one key must be pepper, \(found) are"
    case .cryptography: "libcrypto cannot use its keys"
    }
  }
}
