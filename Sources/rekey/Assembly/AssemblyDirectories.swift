import Accounts
import Delivery
import Formats
import Foundation
import Logging
import PasswordReset
import Postgres
import Storage

extension Assembly {
  /// One directory for everybody, and one for each caller that has chosen its own.
  func makeDirectories() throws -> PerCaller<QueuedDirectory> {
    try PerCaller(settings) { choices, caller in
      try directory(choices.directory, name: Self.nameOfDirectory(of: caller))
    }
  }

  /// Among the names of transports, with at most 64 octets as a caller's name has.
  private static func nameOfDirectory(of caller: String?) -> String {
    guard let caller else { return "accounts" }
    return caller.utf8.count <= 55 ? "accounts/\(caller)" : caller
  }

  /// Questions on the way at once to all directories, at most.
  static func widthOfDirectories(_ settings: Settings) -> Int {
    HTTPDirectory.width * (settings.own.count + 1)
  }

  private func directory(_ choice: DirectoryChoice, name: String) throws -> QueuedDirectory? {
    let (directory, width): (any AccountDirectory, Int)
    switch choice {
    case .none: return nil
    case .http(let url, let secretFile):
      directory = HTTPDirectory(
        url, policy: settings.addresses, clock: database.time,
        secrets: try Self.webhookSecrets(secretFile, ConfigurationKey.accountsSecretFile),
        makeID: { "msg_" + UUID().uuidString.lowercased() }, through: loop)
      width = HTTPDirectory.width
    case .sql(let databaseURL, let query):
      directory = SQLDirectory(databaseURL: databaseURL, query: query, policy: settings.addresses)
      width = SQLDirectory.width
    }
    return QueuedDirectory(directory, name: name, width: width, logger: logger) {
      [signal] in signal.send()
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
