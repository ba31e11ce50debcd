import Accounts
import Formats
import Foundation
import Logging
import PasswordReset
import Postgres
import Storage

extension Assembly {
  /// One directory for everybody, and one for each caller that has chosen its own.
  func directories() throws -> @Sendable (Caller) -> (any AccountDirectory)? {
    let directories = try settings.perCaller { try directory($0.directory) }
    return { caller in directories(caller.name) }
  }

  private func directory(_ choice: DirectoryChoice) throws -> (any AccountDirectory)? {
    switch choice {
    case .none: return nil
    case .http(let url, let secretFile):
      return HTTPDirectory(
        url, policy: settings.addresses, clock: database.time,
        secrets: try Self.webhookSecrets(secretFile, ConfigurationKey.accountsSecretFile),
        makeID: { "msg_" + UUID().uuidString.lowercased() }, through: loop)
    case .sql(let databaseURL, let query):
      return SQLDirectory(databaseURL: databaseURL, query: query, policy: settings.addresses)
    }
  }

  /// A query that the main app's database refuses stops the start; a database that is away does not.
  func tryAccountQueries() async throws {
    for choices in [settings.common] + settings.own.values {
      guard case .sql(let url, let query) = choices.directory else { continue }
      do {
        let directory = SQLDirectory(
          databaseURL: url, query: query, policy: settings.addresses, connections: 1)
        defer { Task { await directory.close() } }
        try await directory.connect(within: .seconds(5))
      } catch .database(let error) where error.isTransient {
        logger.warning("the accounts database is away", metadata: ["error": "\(error)"])
      } catch {
        throw ConfigurationProblem("accounts.query: \(error)")
      }
    }
  }
}
