import ArgumentParser
import Formats
import PasswordReset
import Storage

extension SuppressionsCommand {
  struct Release: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Let an address get mail again.",
      discussion: """
        It is released for each caller, or for one. Its dead letters stay dead: see rekey dead \
        retry. By id neither keyring nor callers are needed.

        Examples:
          printf %s ann@example.org | rekey suppressions release -
          rekey suppressions release --id 0193a5c2-7b1e-7000-8000-3f2a9c1d4e5f
        """)

    @Argument(help: "The address, or - to read it from stdin, where other users cannot see it.")
    var address: String?

    @Option(help: "The one that rekey suppressions list shows so.")
    var id: String?

    @OptionGroup var choice: CallerChoice

    @Flag(help: "Write one JSON object a line.")
    var json = false

    @OptionGroup(title: "Configuration")
    var options: ConfigurationOptions

    func validate() throws {
      guard (address == nil) != (id == nil) else {
        throw ValidationError("Give an address, or - for stdin, or --id.")
      }
      guard id == nil || choice.caller == nil else {
        throw ValidationError("--id says already whose it is: leave --caller out.")
      }
      if let id, RequestID(id.lowercased()) == nil {
        throw ValidationError("--id takes a UUID, as rekey suppressions list shows it.")
      }
    }

    func run() async throws {
      let settings = try options.settings()
      let lines = SuppressionLines(
        recipients: try Recipients(settings, reveal: false), isJSON: json)
      let keys = try address.map { text in
        let book = try OperatorAddress(settings)
        let address = try book.address(text)
        return try choice.names(settings).map { try book.key(of: address, for: $0) }
      }
      try await SuppressionsCommand.withSuppressions(settings) { suppressions in
        var released: [SuppressedAddress] = []
        if let keys { released = try await suppressions.release(keys) }
        if let id = id.flatMap({ RequestID($0.lowercased()) }) {
          released = try await suppressions.release(id: id).map { [$0] } ?? []
        }
        guard !released.isEmpty else {
          throw CommandFailure(description: "that address is not suppressed")
        }
        for entry in released.sorted(by: { $0.caller < $1.caller }) {
          Console.output((json ? "" : "released ") + lines.line(of: entry))
        }
      }
    }
  }
}
