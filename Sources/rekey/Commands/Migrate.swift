import ArgumentParser
import Formats
import Storage
import Synchronization

struct Migrate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Bring the database to the newest schema.",
    discussion: """
      Run as the owner of the schema; then sql/roles.sql as an administrator gives the running roles \
      their rights.

      Services may run meanwhile. Which locks a migration takes, and for how long at most, is shown \
      before it begins, and by --dry-run and --status. A lock is waited for a second at a time, with \
      pauses, so that nobody waits long behind it. Whatever ends it, nothing is left half done: run it \
      again, and it goes on from there.

      Examples:
        rekey migrate --database-url postgresql://owner@db/rekey
        rekey migrate --status
        rekey migrate --dry-run --json
      """)

  @Flag(help: "Show what is applied and what is pending; exit 1 if something is pending.")
  var status = false

  @Flag(
    name: .customLong("dry-run"), help: "Show what would be applied; exit 1 if the schema is newer."
  )
  var dryRun = false

  @Flag(help: "Write one JSON object.")
  var json = false

  @OptionGroup(title: "Configuration")
  var options: ConfigurationOptions

  func validate() throws {
    if status && dryRun { throw ValidationError("--status and --dry-run exclude each other.") }
  }

  func run() async throws {
    let settings = try options.settings()
    let url = try settings.require(settings.databaseURL, ConfigurationKey.databaseURL)
    do {
      let migrator = Migrator(url: url)
      defer { Task { await migrator.close() } }
      if status || dryRun {
        try show(try await migrator.status())
      } else {
        try await migrate(with: migrator)
      }
    } catch let problem as DatabaseProblem {
      throw CommandFailure(description: problem.description)
    }
  }

  private func migrate(with migrator: Migrator) async throws {
    for migration in try await migrator.status().pending {
      for lock in migration.locks { Console.error("\(migration.label) locks \(lock)") }
    }
    let lines = ProgressLines()
    let applied = try await migrator.migrate { lines.show($0) }
    if json {
      Console.output(Printing.object([("applied", .array(applied.map { .string($0) }))]))
      return
    }
    for label in applied { Console.output(label) }
    if applied.isEmpty { Console.error("nothing to apply") }
  }

  private func show(_ found: Migrator.Status) throws {
    if dryRun && found.isTooNew {
      throw CommandFailure(
        description:
          "the schema is \(found.applied), newer than this rekey, which knows \(found.newest)")
    }
    if json {
      Console.output(found.json)
    } else {
      if status { Console.output("schema \(found.applied) of \(found.newest)") }
      for migration in found.pending {
        Console.output((status ? "pending " : "") + migration.label)
        for lock in migration.locks { Console.output("  locks \(lock)") }
      }
      if let begun = found.progress { Console.output("begun \(begun)") }
    }
    if status, !found.pending.isEmpty || found.isTooNew { throw ExitCode.failure }
  }
}

extension Migrator.Status {
  /// What was begun and not ended.
  fileprivate var progress: MigrationProgress? {
    guard let begun, let migration = pending.first else { return nil }
    return MigrationProgress(migration: migration, place: begun)
  }

  fileprivate var json: String {
    let migrations = pending.map { migration in
      JSON.object(
        JSONObject([
          ("migration", .string(migration.label)),
          ("locks", .array(migration.locks.map { .string($0) })),
        ]))
    }
    return Printing.object([
      ("schema", .integer(applied)), ("newest", .integer(newest)), ("pending", .array(migrations)),
      ("begun", Printing.json(progress.map { "\($0)" })),
    ])
  }
}

/// Of a long batch one line a second.
private final class ProgressLines: Sendable {
  private let last = Mutex<(shown: MigrationProgress, at: ContinuousClock.Instant)?>(nil)

  func show(_ progress: MigrationProgress) {
    let isDue = last.withLock { last in
      let now = ContinuousClock.now
      if let (shown, at) = last, shown.place.step == progress.place.step,
        shown.migration == progress.migration, shown.wait == progress.wait,
        now - at < .seconds(1)
      {
        return false
      }
      last = (progress, now)
      return true
    }
    if isDue { Console.error("applying \(progress)") }
  }
}
