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
      request. It goes in batches with pauses between them; an interrupted purge can simply be run \
      again. What somebody else holds locked is left for the next one, and said; then the exit \
      status is 1.

      Examples:
        rekey purge --dry-run
        rekey purge --older-than 30d
        rekey purge --older-than 7d --batch 1000 --json
        rekey purge --share 100
      """)

  @Option(
    name: .customLong("older-than"),
    help: "Age of a request, counted from its making: 1s to 3650d. Default: retention.")
  var olderThan: String?

  @Option(help: "Requests that one transaction looks at, 1 to 100000.")
  var batch = 5000

  @Option(help: "The part of the time that it works, 1 to 100 percent; in the rest it pauses.")
  var share = 50

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
    guard (1...100).contains(share) else { throw ValidationError("--share must be 1 to 100.") }
    if let olderThan {
      guard let age = WholeDuration(olderThan), Self.ages.contains(age.seconds) else {
        throw ValidationError("--older-than must be a duration from 1s to 3650d, such as 30d.")
      }
    }
  }

  func run() async throws {
    let settings = try options.settings()
    let url = try settings.require(settings.databaseURL, ConfigurationKey.databaseURL)
    var rules = Purger.Rules(
      olderThan: olderThan.flatMap { WholeDuration($0) } ?? settings.retention,
      longestWindow: settings.longestWindow)
    (rules.batch, rules.share, rules.deletes) = (batch, share, !dryRun)
    let purger = Purger(url: url, isPooled: settings.isBehindPooler, rules: rules)
    let counts = try await purge(with: purger)
    await purger.close()
    show(counts)
    if !counts.isComplete {
      throw CommandFailure(description: "locked by somebody else, left: \(Self.left(counts))")
    }
  }

  private func purge(with purger: Purger) async throws -> Purger.Counts {
    defer { Console.endProgress() }
    let verb = dryRun ? "counting" : "purging"
    do {
      return try await purger.purge { done in Console.progress("\(verb): \(Self.text(done))") }
    } catch { throw CommandFailure(description: error.description) }
  }

  private func show(_ counts: Purger.Counts) {
    if json {
      Console.output(
        Printing.object([
          ("dry_run", .bool(dryRun)), ("requests", .integer(counts.requests)),
          ("messages", .integer(counts.messages)), ("idempotency", .integer(counts.idempotency)),
          ("rate_limits", .integer(counts.rateLimits)),
        ]))
    } else {
      Console.output("\(dryRun ? "would delete" : "deleted") \(Self.text(counts))")
    }
  }

  private static func text(_ counts: Purger.Counts) -> String {
    "\(counts.requests) requests, \(counts.messages) dead letters, "
      + "\(counts.idempotency) idempotency keys, \(counts.rateLimits) limiter rows, "
      + "\(counts.accounts) account rows"
  }

  private static func left(_ counts: Purger.Counts) -> String {
    let rows = counts.lockedRows.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
    return (rows + counts.lockedTables.map { "all \($0)" }).joined(separator: ", ")
  }
}
