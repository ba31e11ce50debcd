import ArgumentParser
import Formats
import Glibc
import PasswordReset
import Storage

extension DeadLettersCommand {
  struct Retry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Bring dead letters back into the outbox.",
      discussion: """
        What could not arrive alive stays dead and is named: links whose request is older than \
        mail.give_up_after (too_old), is consumed, revoked or gone (not_live), and mails to \
        suppressed addresses (suppressed; see rekey suppressions release). Of ids that are named, \
        any that did not come back makes the exit code 1. More than 100 come due over a minute.

        Examples:
          rekey dead retry 0193a5c2-7b1e-7000-8000-3f2a9c1d4e5f
          rekey dead retry --cause smtp_451 --dry-run
          rekey dead retry --all --newer-than 2h --json
        """)

    @OptionGroup var selection: DeadSelection

    @Flag(help: "Write one JSON object.")
    var json = false

    @OptionGroup(title: "Configuration")
    var options: ConfigurationOptions

    func run() async throws {
      let settings = try options.settings()
      try await DeadLettersCommand.withDeadLetters(settings) { letters in
        let retry = try await retry(in: letters)
        let missing = selection.missing(from: retry.met)
        show(retry, missing)
        if retry.retried > 0, !selection.dryRun, try await letters.isPaused() {
          Console.error("the outbox is paused: nothing is sent until rekey outbox resume")
        }
        if !selection.ids.isEmpty, retry.leftDead > 0 || !missing.isEmpty {
          throw ExitCode.failure
        }
      }
    }

    private func retry(in letters: DeadLetters) async throws -> DeadLetters.Retry {
      if selection.dryRun { return try await letters.rehearse(selection.choice) }
      let total = try await DeadLettersCommand.total(selection.choice, in: letters)
      let retry = try await letters.retry(selection.choice) { done in
        Console.progress("looked at \(done) of \(total) dead letters")
      }
      Console.endProgress()
      return retry
    }

    private func show(_ retry: DeadLetters.Retry, _ missing: [RequestID]) {
      if json {
        Console.output(Printing.json(members(retry, missing)))
        return
      }
      for left in retry.left {
        Console.output("left \(left.id) \(left.fate.rawValue) request=\(left.requestID)")
      }
      for id in missing { Console.output("left \(id) not_found") }
      let unnamed = retry.leftDead - retry.left.count
      if unnamed > 0 { Console.output("left \(unnamed) more") }
      let verb = selection.dryRun ? "would bring back" : "brought back"
      let left = DeadLetter.Fate.allCases.filter { $0 != .retried }
        .map { "\(retry.counts[$0] ?? 0) \($0.rawValue)" }.joined(separator: ", ")
      Console.output("\(verb) \(retry.retried) dead letters; left dead: \(left)")
    }

    private func members(
      _ retry: DeadLetters.Retry, _ missing: [RequestID]
    ) -> [(key: String, value: JSON)] {
      let left = retry.left.map { ("\($0.id)", JSON.string("\($0.requestID)"), $0.fate.rawValue) }
      let unknown = missing.map { ("\($0)", JSON.null, "not_found") }
      return [("dry_run", .bool(selection.dryRun))]
        + DeadLetter.Fate.allCases.map { ($0.rawValue, .integer(retry.counts[$0] ?? 0)) }
        + [
          ("not_found", .integer(missing.count)),
          (
            "left",
            .array(
              (left + unknown).map { id, request, reason in
                .object(["id": .string(id), "request_id": request, "reason": .string(reason)])
              })
          ),
        ]
    }
  }

  /// Counted only for somebody who is looking.
  static func total(
    _ choice: DeadLetterChoice, in letters: DeadLetters
  ) async throws -> Int {
    isatty(STDERR_FILENO) == 1 ? try await letters.count(choice) : 0
  }
}
