import ArgumentParser
import Formats
import PasswordReset
import Storage

struct OutboxCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "outbox",
    abstract: "Pause and resume the sending, and see how it stands.",
    discussion: """
      Examples:
        rekey outbox pause --reason "provider is down"
        rekey outbox stats --json
        rekey outbox resume
      """,
    subcommands: [Pause.self, Resume.self, Stats.self])

  struct Pause: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Let no worker begin with another message.",
      discussion: """
        Mails in flight end as always, requests are accepted as always, and what gets too old \
        meanwhile still expires. Pausing again changes the reason only.

        Examples:
          rekey outbox pause
          rekey outbox pause --reason "provider is down, ticket 4711"
        """)

    @Option(help: "Why, for those who wonder: up to 200 bytes on one line.")
    var reason: String?

    @Flag(help: "Write one JSON object.")
    var json = false

    @OptionGroup(title: "Configuration")
    var options: ConfigurationOptions

    func validate() throws {
      guard let reason else { return }
      guard (1...200).contains(reason.utf8.count), reason.printable.utf8.elementsEqual(reason.utf8)
      else { throw ValidationError("--reason takes 1 to 200 bytes without control characters.") }
    }

    func run() async throws {
      try await OutboxCommand.withSwitch(try options.settings()) { outbox in
        let (pause, isNew) = try await outbox.pause(reason: reason)
        if json {
          Console.output(
            Printing.json(
              OutboxCommand.members(of: pause) + [("was_paused", .bool(!isNew))]))
          return
        }
        let why = pause.reason.map { ": \($0.printable)" } ?? ""
        Console.output(
          isNew
            ? "paused the outbox\(why)"
            : "the outbox was paused already, since \(pause.since)\(why)")
      }
    }
  }

  struct Resume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Let the workers go on.",
      discussion: """
        Examples:
          rekey outbox resume
          rekey outbox resume --json
        """)

    @Flag(help: "Write one JSON object.")
    var json = false

    @OptionGroup(title: "Configuration")
    var options: ConfigurationOptions

    func run() async throws {
      try await OutboxCommand.withSwitch(try options.settings()) { outbox in
        let ended = try await outbox.resume()
        if json {
          Console.output(
            Printing.json(
              OutboxCommand.members(of: ended?.pause) + [("was_paused", .bool(ended != nil))]))
        } else if let (pause, at) = ended {
          Console.output(
            "resumed the outbox after \(Printing.age(of: pause.since, at: at))")
        } else {
          Console.output("the outbox was not paused")
        }
      }
    }
  }

  struct Stats: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Count messages by kind and state, and show what goes wrong.",
      discussion: """
        due: to be sent now; waiting: for its time; leased: in a worker's hands; stuck: its worker \
        has gone, and it is taken up again; dead: see rekey dead. Transports are those of workers \
        seen within the last minute, by their circuit breaker: closed is good, open is not used.

        Examples:
          rekey outbox stats
          rekey outbox stats --json
        """)

    @Flag(help: "Write one JSON object.")
    var json = false

    @OptionGroup(title: "Configuration")
    var options: ConfigurationOptions

    func run() async throws {
      let settings = try options.settings()
      let url = try settings.require(settings.databaseURL, ConfigurationKey.databaseURL)
      let statistics = try await workingOnDatabase {
        try await OutboxStatistics.read(url: url, isPooled: settings.isBehindPooler)
      }
      let lines = OutboxLines(statistics: statistics)
      for line in json ? [lines.json] : lines.text { Console.output(line) }
    }
  }

  private static func withSwitch(
    _ settings: Settings, _ body: (OutboxSwitch) async throws -> Void
  ) async throws {
    try await lending(
      settings, { OutboxSwitch(url: $0, isPooled: settings.isBehindPooler) }, body)
  }

  private static func members(of pause: OutboxPause?) -> [(key: String, value: JSON)] {
    [
      ("paused_at", Printing.json(pause?.since)),
      ("reason", Printing.json(pause?.reason)),
    ]
  }
}
