import ArgumentParser
import Formats
import PasswordReset
import Storage

struct DeadLettersCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dead", abstract: "Look at dead letters, bring them back, drop them.",
    discussion: """
      A dead letter is a message that will not be tried again by itself: it was refused for good, or \
      has taken its worker down too often.

      Examples:
        rekey dead list --summary
        rekey dead show 0193a5c2-7b1e-7000-8000-3f2a9c1d4e5f
        rekey dead retry --cause smtp_451 --older-than 1h
        rekey dead drop --all --dry-run
      """,
    subcommands: [List.self, Show.self, Retry.self, Drop.self])

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List dead letters, the newest first.",
      discussion: """
        Addresses are masked unless --reveal is given, and missing where keyring.file is not set.

        Examples:
          rekey dead list --limit 20
          rekey dead list --cause rcpt_550 --newer-than 1d --json
          rekey dead list --summary
        """)

    @OptionGroup var filter: DeadFilter

    @Option(help: "At most so many. Default: all.")
    var limit: Int?

    @Flag(help: "Count by cause, with the oldest and the newest of each.")
    var summary = false

    @Flag(help: "Write one JSON object a line.")
    var json = false

    @Flag(help: "Show whole addresses; needs keyring.file.")
    var reveal = false

    @OptionGroup(title: "Configuration")
    var options: ConfigurationOptions

    func validate() throws {
      if let limit, limit < 1 { throw ValidationError("--limit must be at least 1.") }
      if summary && reveal { throw ValidationError("--summary shows no address to --reveal.") }
    }

    func run() async throws {
      let settings = try options.settings()
      let lines = DeadLetterLines(
        recipients: try Recipients(settings, reveal: reveal), isJSON: json)
      try await DeadLettersCommand.withDeadLetters(settings) { letters in
        if summary {
          lines.write(
            try await letters.summary(filter.choice, limit: limit), at: try await letters.now())
          return
        }
        let now = try await letters.now()
        try await letters.list(filter.choice, limit: limit) { page in
          // Nobody may be reading any more.
          page.allSatisfy { Console.output(lines.line(of: $0, at: now)) }
        }
      }
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show all of one dead letter, and what a retry would do.",
      discussion: """
        Examples:
          rekey dead show 0193a5c2-7b1e-7000-8000-3f2a9c1d4e5f
          rekey dead show 0193a5c2-7b1e-7000-8000-3f2a9c1d4e5f --json --reveal
        """)

    @Argument(help: "The id of a message or of its request.")
    var id: String

    @Flag(help: "Write one JSON object a line.")
    var json = false

    @Flag(help: "Show whole addresses; needs keyring.file.")
    var reveal = false

    @OptionGroup(title: "Configuration")
    var options: ConfigurationOptions

    func validate() throws { _ = try DeadSelection.id(id) }

    func run() async throws {
      let settings = try options.settings()
      let id = try DeadSelection.id(self.id)
      let lines = DeadLetterLines(
        recipients: try Recipients(settings, reveal: reveal), isJSON: json)
      try await DeadLettersCommand.withDeadLetters(settings) { letters in
        let (now, letters) = (try await letters.now(), try await letters.find(id))
        guard !letters.isEmpty else {
          throw CommandFailure(description: "there is no dead letter \(id)")
        }
        for letter in letters {
          Console.output(
            lines.everything(about: letter, at: now, giveUpAfter: settings.giveUpAfter))
        }
      }
    }
  }

  static func withDeadLetters(
    _ settings: Settings, _ body: (DeadLetters) async throws -> Void
  ) async throws {
    let make = { url in
      DeadLetters(
        url: url, isPooled: settings.isBehindPooler, giveUpAfter: settings.giveUpAfter,
        keepLive: settings.keepLive)
    }
    try await lending(settings, make, body)
  }
}
