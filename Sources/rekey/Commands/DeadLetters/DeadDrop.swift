import ArgumentParser
import Formats
import PasswordReset
import Storage

extension DeadLettersCommand {
  struct Drop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Delete dead letters for good.",
      discussion: """
        A request whose link was never sent is marked as dismissed. Of ids that are named, any that \
        was no dead letter makes the exit code 1.

        Examples:
          rekey dead drop 0193a5c2-7b1e-7000-8000-3f2a9c1d4e5f
          rekey dead drop --cause rcpt_550 --older-than 7d
          rekey dead drop --all --dry-run --json
        """)

    @OptionGroup var selection: DeadSelection

    @Flag(help: "Write one JSON object.")
    var json = false

    @OptionGroup(title: "Configuration")
    var options: ConfigurationOptions

    func run() async throws {
      let settings = try options.settings()
      try await DeadLettersCommand.withDeadLetters(settings) { letters in
        let (dropped, met) = try await drop(in: letters)
        let missing = selection.missing(from: met)
        show(dropped, missing)
        if !missing.isEmpty { throw ExitCode.failure }
      }
    }

    private func drop(in letters: DeadLetters) async throws -> (Int, Set<RequestID>) {
      if selection.dryRun {
        guard !selection.ids.isEmpty else { return (try await letters.count(selection.choice), []) }
        let rehearsal = try await letters.rehearse(selection.choice)
        return (rehearsal.looked, rehearsal.met)
      }
      let total = try await DeadLettersCommand.total(selection.choice, in: letters)
      let drop = try await letters.drop(selection.choice) { done in
        Console.progress("dropped \(done) of \(total) dead letters")
      }
      Console.endProgress()
      return (drop.dropped, drop.met)
    }

    private func show(_ dropped: Int, _ missing: [RequestID]) {
      if json {
        Console.output(
          Printing.object([
            ("dry_run", .bool(selection.dryRun)), ("dropped", .integer(dropped)),
            ("not_found", .integer(missing.count)),
          ]))
        return
      }
      for id in missing { Console.output("left \(id) not_found") }
      let verb = selection.dryRun ? "would drop" : "dropped"
      Console.output("\(verb) \(dropped) dead letters")
    }
  }
}
