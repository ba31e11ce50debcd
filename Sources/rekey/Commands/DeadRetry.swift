import ArgumentParser
import Formats
import Glibc
import PasswordReset
import Storage

extension Dead {
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
      try await Dead.withDesk(settings) { desk in
        let retry = try await retry(at: desk)
        let missing = selection.missing(from: retry.met)
        show(retry, missing)
        if retry.retried > 0, !selection.dryRun, try await desk.isPaused() {
          Standard.error("the outbox is paused: nothing is sent until rekey outbox resume")
        }
        if !selection.ids.isEmpty, retry.leftDead > 0 || !missing.isEmpty {
          throw ExitCode.failure
        }
      }
    }

    private func retry(at desk: DeadLetters) async throws -> DeadLetters.Retry {
      if selection.dryRun { return try await desk.rehearse(selection.choice) }
      let total = try await Dead.total(selection.choice, at: desk)
      let retry = try await desk.retry(selection.choice) { done in
        Standard.progress("looked at \(done) of \(total) dead letters")
      }
      Standard.endProgress()
      return retry
    }

    private func show(_ retry: DeadLetters.Retry, _ missing: [RequestID]) {
      if json {
        Standard.output(OperatorLines.json(members(retry, missing)))
        return
      }
      for left in retry.left {
        Standard.output("left \(left.id) \(left.fate.rawValue) request=\(left.requestID)")
      }
      for id in missing { Standard.output("left \(id) not_found") }
      let unnamed = retry.leftDead - retry.left.count
      if unnamed > 0 { Standard.output("left \(unnamed) more") }
      let verb = selection.dryRun ? "would bring back" : "brought back"
      let left = DeadLetter.Fate.allCases.filter { $0 != .retried }
        .map { "\(retry.counts[$0] ?? 0) \($0.rawValue)" }.joined(separator: ", ")
      Standard.output("\(verb) \(retry.retried) dead letters; left dead: \(left)")
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
      try await Dead.withDesk(settings) { desk in
        let (dropped, met) = try await drop(at: desk)
        let missing = selection.missing(from: met)
        show(dropped, missing)
        if !missing.isEmpty { throw ExitCode.failure }
      }
    }

    private func drop(at desk: DeadLetters) async throws -> (Int, Set<RequestID>) {
      if selection.dryRun {
        guard !selection.ids.isEmpty else { return (try await desk.count(selection.choice), []) }
        let rehearsal = try await desk.rehearse(selection.choice)
        return (rehearsal.looked, rehearsal.met)
      }
      let total = try await Dead.total(selection.choice, at: desk)
      let drop = try await desk.drop(selection.choice) { done in
        Standard.progress("dropped \(done) of \(total) dead letters")
      }
      Standard.endProgress()
      return (drop.dropped, drop.met)
    }

    private func show(_ dropped: Int, _ missing: [RequestID]) {
      if json {
        Standard.output(
          JSONLine.object([
            ("dry_run", .bool(selection.dryRun)), ("dropped", .integer(dropped)),
            ("not_found", .integer(missing.count)),
          ]))
        return
      }
      for id in missing { Standard.output("left \(id) not_found") }
      let verb = selection.dryRun ? "would drop" : "dropped"
      Standard.output("\(verb) \(dropped) dead letters")
    }
  }

  /// Counted only for somebody who is looking.
  private static func total(
    _ choice: DeadLetterChoice, at desk: DeadLetters
  ) async throws -> Int {
    isatty(STDERR_FILENO) == 1 ? try await desk.count(choice) : 0
  }
}
