import Storage

/// Runs a command's work on the database and makes one line of what went wrong.
func workingOnDatabase<Value>(_ body: () async throws -> Value) async throws -> Value {
  do { return try await body() } catch let problem as DatabaseProblem {
    Console.endProgress()
    throw CommandFailure(description: problem.description)
  }
}

/// What a command holds while it works, and closes whatever happens.
protocol Closable {
  func close() async
}

extension DeadLetters: Closable {}
extension OperatorSuppressions: Closable {}
extension OutboxSwitch: Closable {}

func closing<Resource: Closable>(
  _ resource: Resource, _ body: (Resource) async throws -> Void
) async throws {
  do { try await body(resource) } catch {
    await resource.close()
    throw error
  }
  await resource.close()
}
