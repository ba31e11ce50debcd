import ArgumentParser
import Formats
import PasswordReset
import Storage

extension SuppressionsCommand {
  struct Release: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Let an address get mail again.",
      discussion: """
        Its dead letters stay dead: see rekey dead retry. By id no keyring is needed.

        Examples:
          printf %s ann@example.org | rekey suppressions release -
          rekey suppressions release --id 0193a5c2-7b1e-7000-8000-3f2a9c1d4e5f
        """)

    @Argument(help: "The address, or - to read it from stdin, where other users cannot see it.")
    var address: String?

    @Option(help: "The one that rekey suppressions list shows so.")
    var id: String?

    @Flag(help: "Write one JSON object.")
    var json = false

    @OptionGroup(title: "Configuration")
    var options: ConfigurationOptions

    func validate() throws {
      guard (address == nil) != (id == nil) else {
        throw ValidationError("Give an address, or - for stdin, or --id.")
      }
      if let id, RequestID(id.lowercased()) == nil {
        throw ValidationError("--id takes a UUID, as rekey suppressions list shows it.")
      }
    }

    func run() async throws {
      let settings = try options.settings()
      let lines = SuppressionLines(
        recipients: try Recipients(settings, reveal: false), isJSON: json)
      let key = try address.map { text in
        let book = try OperatorAddress(settings)
        return try book.key(of: try book.address(text))
      }
      try await SuppressionsCommand.withSuppressions(settings) { suppressions in
        var released: SuppressedAddress?
        if let key { released = try await suppressions.release(key) }
        if let id = id.flatMap({ RequestID($0.lowercased()) }) {
          released = try await suppressions.release(id: id)
        }
        guard let released else {
          throw CommandFailure(description: "that address is not suppressed")
        }
        Console.output((json ? "" : "released ") + lines.line(of: released))
      }
    }
  }
}
