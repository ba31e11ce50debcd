import Formats
import Glibc
import PasswordReset

/// Where everything is, for those who use it.
struct DevPlace: Sendable {
  let ports: DevPorts
  let callerKey: String
  let databaseURL: String

  var people: String { Self.url(ports.people) }
  var programs: String { Self.url(ports.programs) }
  var app: String { Self.url(ports.app) }
  var mailbox: String { Self.url(ports.mailbox) }

  private static func url(_ port: Int) -> String { "http://127.0.0.1:\(port)" }

  /// The settings of Rekey itself; what is not named here is as everywhere.
  func settings(in directory: DevDirectory) throws(ConfigurationProblem) -> Settings {
    let options: [ConfigurationKey: String] = [
      ConfigurationKey.databaseURL: databaseURL,
      ConfigurationKey.listenPublic: "127.0.0.1:\(ports.people)",
      ConfigurationKey.listenInternal: "127.0.0.1:\(ports.programs)",
      ConfigurationKey.publicURL: people,
      ConfigurationKey.continueURL: "\(app)/new-password?token={token}",
      ConfigurationKey.keyringFile: directory.file(.keyring),
      ConfigurationKey.callersFile: directory.file(.callers),
      ConfigurationKey.mailFrom: "Demo app <no-reply@example.com>",
      ConfigurationKey.mailTransports: "smtp://127.0.0.1:\(ports.smtp)",
    ]
    // Neither the environment nor a rekey.yaml of the working directory, which are for real setups.
    return try Settings(ConfigurationSources(only: options))
  }

  /// For programs that start `rekey dev`: one JSON object.
  var json: String {
    JSONLine.object([
      ("app", .string(app)), ("mailbox", .string(mailbox)), ("public", .string(people)),
      ("internal", .string(programs)), ("smtp_port", .integer(ports.smtp)),
      ("caller_key", .string(callerKey)), ("database_url", .string(databaseURL)),
      ("pid", .integer(getpid())),
    ])
  }
}
