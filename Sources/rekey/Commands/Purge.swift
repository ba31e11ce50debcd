import ArgumentParser
import Formats
import Glibc
import PasswordReset
import Storage

struct Purge: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Delete what is past its retention.",
    discussion: """
      Live requests and messages still to be sent are never touched; dead letters go with their \
      request. Whole days are dropped at once, the rest goes in batches; an interrupted purge can \
      simply be run again.

      Examples:
        rekey purge --dry-run
        rekey purge --older-than 30d
        rekey purge --older-than 7d --batch 1000 --json
      """)

  @Option(
    name: .customLong("older-than"),
    help: "Age of a request, counted from its making: 1s to 3650d. Default: retention.")
  var olderThan: String?

  @Option(help: "Rows of one transaction, 1 to 100000.")
  var batch = 5000

  @Flag(name: .customLong("dry-run"), help: "Only count.")
  var dryRun = false

  @Flag(help: "Write one JSON object.")
  var json = false

  @OptionGroup(title: "Configuration")
  var options: ConfigurationOptions

  private static let ages: ClosedRange<Int64> = 1...315_360_000

  func validate() throws {
    guard (1...100_000).contains(batch) else {
      throw ValidationError("--batch must be 1 to 100000.")
    }
    if let olderThan {
      guard let age = WholeDuration(olderThan), Self.ages.contains(age.seconds) else {
        throw ValidationError("--older-than must be a duration from 1s to 3650d, such as 30d.")
      }
    }
  }

  func run() async throws {
    let settings = try options.settings()
    let url = try settings.require(settings.databaseURL, ConfigurationKey.databaseURL)
    let age = olderThan.flatMap { WholeDuration($0) } ?? settings.retention
    do {
      let purger = Purger(
        url: url, isPooled: settings.isBehindPooler, olderThan: age,
        longestWindow: settings.longestWindow)
      let counts = dryRun ? try await purger.count() : try await purge(with: purger)
      await purger.close()
      show(counts)
    } catch let problem as DatabaseProblem {
      Console.endProgress()
      throw CommandFailure(description: problem.description)
    }
  }

  private func purge(with purger: Purger) async throws -> Purger.Counts {
    // Counted only for somebody who is looking; it reads what the purge is about to read.
    var total = 0
    if isatty(STDERR_FILENO) == 1 { total = try await purger.count().requests }
    let counts = try await purger.purge(batch: batch) { [total] done in
      Console.progress("purging \(done.requests) of \(total) requests")
    }
    Console.endProgress()
    return counts
  }

  private func show(_ counts: Purger.Counts) {
    if json {
      Console.output(
        Printing.object([
          ("dry_run", .bool(dryRun)), ("requests", .integer(counts.requests)),
          ("messages", .integer(counts.messages)), ("idempotency", .integer(counts.idempotency)),
          ("rate_limits", .integer(counts.rateLimits)),
        ]))
      return
    }
    let verb = dryRun ? "would delete" : "deleted"
    Console.output(
      "\(verb) \(counts.requests) requests, \(counts.messages) dead letters, "
        + "\(counts.idempotency) idempotency keys, \(counts.rateLimits) limiter rows")
  }
}
