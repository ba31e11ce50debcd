import Postgres
import Storage

/// Runs a command's work on the database and makes one line of what went wrong.
func workingOnDatabase<Value>(_ body: () async throws -> Value) async throws -> Value {
  do { return try await body() } catch let problem as DatabaseProblem {
    Console.endProgress()
    throw CommandFailure(description: problem.description)
  }
}

/// What a command holds while it works.
protocol Closable {
  func close() async
}

extension DeadLetters: Closable {}
extension OperatorSuppressions: Closable {}
extension OutboxSwitch: Closable {}

/// Lends what works on the database and closes its connection, whatever happens.
func lending<Resource: Closable>(
  _ settings: Settings, _ make: (PostgresURL) -> Resource,
  _ body: (Resource) async throws -> Void
) async throws {
  let url = try settings.require(settings.databaseURL, ConfigurationKey.databaseURL)
  try await workingOnDatabase {
    let resource = make(url)
    do { try await body(resource) } catch {
      await resource.close()
      throw error
    }
    await resource.close()
  }
}
