import ArgumentParser
import Formats
import PasswordReset
import Storage

struct SuppressionsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "suppressions",
    abstract: "List, add and release addresses that get no mail.",
    discussion: """
      Requests for a suppressed address are accepted as always; nothing is mailed. What stands on a \
      command line can be seen by other users of the host: with - the address is read from stdin.

      Examples:
        rekey suppressions list --reason bounce
        printf %s ann@example.org | rekey suppressions add -
        rekey suppressions release --id 0193a5c2-7b1e-7000-8000-3f2a9c1d4e5f
      """,
    subcommands: [List.self, Add.self, Release.self])

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the addresses that are suppressed now, the last added first.",
      discussion: """
        Addresses are masked unless --reveal is given, and missing where keyring.file is not set.

        Examples:
          rekey suppressions list
          rekey suppressions list --reason complaint --limit 20
          rekey suppressions list --json --reveal
        """)

    @Option(
      help: "Only these: refused, bounce, complaint or manual.",
      transform: { try SuppressionReason.named($0) })
    var reason: SuppressionReason?

    @Option(help: "At most so many. Default: all.")
    var limit: Int?

    @Flag(help: "Write one JSON object a line.")
    var json = false

    @Flag(help: "Show whole addresses; needs keyring.file.")
    var reveal = false

    @OptionGroup(title: "Configuration")
    var options: ConfigurationOptions

    func validate() throws {
      if let limit, limit < 1 { throw ValidationError("--limit must be at least 1.") }
    }

    func run() async throws {
      let settings = try options.settings()
      let lines = SuppressionLines(
        recipients: try Recipients(settings, reveal: reveal), isJSON: json)
      try await SuppressionsCommand.withSuppressions(settings) { suppressions in
        try await suppressions.list(reason: reason, limit: limit) { page in
          page.allSatisfy { Console.output(lines.line(of: $0)) }
        }
      }
    }
  }

  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Suppress an address for a while.",
      discussion: """
        Callers' lists are apart; each gets the address, or one. Where it is suppressed already, the \
        later end counts.

        Examples:
          printf %s ann@example.org | rekey suppressions add -
          rekey suppressions add ann@example.org --for 90d --reason complaint --caller shop
        """)

    @Argument(help: "The address, or - to read it from stdin, where other users cannot see it.")
    var address: String

    @Option(name: .customLong("for"), help: "1h to 3650d. Default: suppressions.lifetime.")
    var lifetime: String?

    @Option(
      help: "refused, bounce, complaint or manual. Default: manual.",
      transform: { try SuppressionReason.named($0) })
    var reason = SuppressionReason.manual

    @OptionGroup var choice: CallerChoice

    @Flag(help: "Write one JSON object a line.")
    var json = false

    @OptionGroup(title: "Configuration")
    var options: ConfigurationOptions

    func validate() throws {
      guard let lifetime else { return }
      guard let lifetime = WholeDuration(lifetime), (3600...315_360_000).contains(lifetime.seconds)
      else { throw ValidationError("--for must be a duration from 1h to 3650d, such as 30d.") }
    }

    func run() async throws {
      let settings = try options.settings()
      let book = try OperatorAddress(settings)
      let address = try book.address(address)
      let lifetime = lifetime.flatMap { WholeDuration($0) } ?? settings.suppressionLifetime
      let callers = try choice.names(settings)
      let lines = SuppressionLines(
        recipients: try Recipients(settings, reveal: false), isJSON: json)
      try await SuppressionsCommand.withSuppressions(settings) { suppressions in
        for caller in callers {
          let entry = try book.suppression(
            of: address, for: caller, reason, lasting: lifetime, at: try await suppressions.now())
          let (now, before) = try await suppressions.add(entry)
          show(now, before, lines)
        }
      }
    }

    private func show(
      _ now: SuppressedAddress, _ before: SuppressedAddress?, _ lines: SuppressionLines
    ) {
      let isKept = before?.id == now.id
      let done = before == nil ? "added" : isKept ? "kept" : "extended"
      if json {
        Console.output(lines.line(of: now, with: [("done", .string(done))]))
        return
      }
      Console.output("\(done) \(lines.line(of: now))")
      if isKept { Console.error("it was suppressed already, to a later end") }
    }
  }

  static func withSuppressions(
    _ settings: Settings, _ body: (OperatorSuppressions) async throws -> Void
  ) async throws {
    try await lending(
      settings, { OperatorSuppressions(url: $0, isPooled: settings.isBehindPooler) }, body)
  }
}

extension SuppressionReason {
  fileprivate static func named(_ text: String) throws -> SuppressionReason {
    guard let reason = SuppressionReason(rawValue: text) else {
      throw ValidationError("--reason is one of refused, bounce, complaint and manual.")
    }
    return reason
  }
}
