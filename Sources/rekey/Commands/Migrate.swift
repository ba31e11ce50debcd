import ArgumentParser
import Storage

struct Migrate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Bring the database to the newest schema.",
    discussion: """
      Run as the owner of the schema; then sql/roles.sql as an administrator gives the running roles \
      their rights.

      Examples:
        rekey migrate --database-url postgresql://owner@db/rekey
        rekey migrate --status
        rekey migrate --dry-run
      """)

  @Flag(help: "Show what is applied and what is pending; exit 1 if something is pending.")
  var status = false

  @Flag(
    name: .customLong("dry-run"), help: "Show what would be applied; exit 1 if the schema is newer."
  )
  var dryRun = false

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
        let applied = try await migrator.migrate { Console.error("applying \($0)") }
        for label in applied { Console.output(label) }
        if applied.isEmpty { Console.error("nothing to apply") }
      }
    } catch let problem as DatabaseProblem {
      throw CommandFailure(description: problem.description)
    }
  }

  private func show(_ found: Migrator.Status) throws {
    if dryRun {
      for label in found.pending { Console.output(label) }
      if found.isTooNew {
        throw CommandFailure(
          description:
            "the schema is \(found.applied), newer than this rekey, which knows \(Migrations.newest)"
        )
      }
      return
    }
    Console.output("schema \(found.applied) of \(Migrations.newest)")
    for label in found.pending { Console.output("pending \(label)") }
    if !found.pending.isEmpty || found.isTooNew { throw ExitCode.failure }
  }
}
