import ArgumentParser
import Formats
import Foundation
import PasswordReset

struct Config: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Show the configuration in effect: values without secrets, and where each comes from.",
    discussion: "Examples:\n  rekey config --config rekey.yaml\n  rekey config --json")

  @Flag(help: "Write one JSON object a line.")
  var json = false

  @OptionGroup(title: "Configuration")
  var options: ConfigurationOptions

  func run() async throws {
    let sources = try options.sources()
    _ = try Settings(sources)
    for key in ConfigurationKey.deployment {
      show(key.name, key, sources.value(key))
    }
    for (name, values) in sources.callers.sorted(by: { $0.key < $1.key }) {
      for (text, value) in values.sorted(by: { $0.key < $1.key }) {
        let key = ConfigurationKey.perCaller.first { $0.name == text }
        show("callers.\(name).\(text)", key, (value, "the file"))
      }
    }
  }

  private func show(
    _ name: String, _ key: ConfigurationKey?, _ found: (text: String, source: String)?
  ) {
    let text = found.map { key?.mayHoldSecret == true ? Redaction.redacted($0.text) : $0.text }
    let source = found?.source ?? "not set"
    if json {
      Console.output(
        Printing.object([
          ("key", .string(name)), ("value", text.map(JSON.string) ?? .null),
          ("source", .string(source)),
        ]))
    } else {
      Console.output("\(name) = \(text ?? "") (\(source))")
    }
  }
}
