/// Where PostgreSQL is and how sessions there behave. Shown and reflected without its contents,
/// since they may hold a password.
public struct PostgresSettings: Sendable {
  /// One per host of the URL, tried in order; each is what libpq calls keywords and values.
  let targets: [[String: String]]
  let connectTimeout: Duration
  /// Server settings made at the start of every session, in order of name.
  let options: [(name: String, value: String)]
  /// Whether a pooler lends a server connection for one transaction at a time.
  let isPooled: Bool

  /// - Parameters:
  ///   - applicationName: shown in pg_stat_activity unless the URL names another.
  ///   - connectTimeout: for each host. Names are resolved by the system, whose own timeout
  ///     (resolv.conf) counts there; an address or a local socket is never waited for.
  ///   - statementTimeout: after which the server itself ends a statement (57014).
  ///   - lockTimeout: after which the server gives up waiting for a lock (55P03); more than its
  ///     deadlock_timeout of 1 s, so that a deadlock is told as one (40P01).
  ///   - requiresReadWrite: pass over standbys and read-only servers.
  ///   - options: further server settings; these win over all others.
  ///   - isPooled: behind a pooler in transaction mode nothing outlives a transaction: statements are
  ///     sent whole each time, and the settings travel with every transaction. There is no LISTEN.
  public init(
    url: PostgresURL, applicationName: String, connectTimeout: Duration = .seconds(3),
    statementTimeout: Duration = .seconds(5), lockTimeout: Duration = .milliseconds(1500),
    requiresReadWrite: Bool = true, options: [String: String] = [:], isPooled: Bool = false
  ) {
    let timeouts = connectTimeout.milliseconds + statementTimeout.milliseconds
    var unlessGiven = [
      "keepalives": "1", "keepalives_idle": "10", "keepalives_interval": "5",
      "keepalives_count": "3", "tcp_user_timeout": "\(timeouts)",
    ]
    var settings = Self.sessionOptions(statementTimeout, lockTimeout)
    if !isPooled {
      unlessGiven["fallback_application_name"] = applicationName
    } else if url.targets.allSatisfy({ $0["application_name"] == nil }) {
      // Given when connecting, it would stay for the next of the pooler's clients that has no name.
      settings["application_name"] = applicationName
    }
    targets = url.targets.map { target in
      var parameters = target.merging(unlessGiven) { given, _ in given }
      parameters["client_encoding"] = "UTF8"
      if requiresReadWrite { parameters["target_session_attrs"] = "read-write" }
      return parameters
    }
    self.connectTimeout = connectTimeout
    self.isPooled = isPooled
    self.options = settings.merging(options) { _, given in given }
      .sorted { $0.key < $1.key }
      .map { (name: $0.key, value: $0.value) }
  }

  private static func sessionOptions(
    _ statementTimeout: Duration, _ lockTimeout: Duration
  ) -> [String: String] {
    [
      "TimeZone": "UTC",
      // The SQL is written for it; a database-wide default must not change its meaning.
      "default_transaction_isolation": "read committed",
      // A transaction lives for a few round trips; one that idles belongs to a lost client.
      "idle_in_transaction_session_timeout": "\(statementTimeout.milliseconds + 5000)",
      "lock_timeout": "\(lockTimeout.milliseconds)",
      "statement_timeout": "\(statementTimeout.milliseconds)",
      // An acknowledged commit survives a crash. (A stronger remote_apply is kept.)
      "synchronous_commit": "on",
    ]
  }
}

extension PostgresSettings: CustomStringConvertible, CustomReflectable {
  public var description: String { "PostgresSettings(\(targets.count) hosts)" }
  public var customMirror: Mirror { Mirror(self, children: []) }
}

extension Duration {
  /// Rounded down, 1 … 2^31 - 1: 0 would switch a PostgreSQL timeout off.
  fileprivate var milliseconds: Int64 {
    let limited = min(max(self, .milliseconds(1)), .milliseconds(Int64(Int32.max) / 4))
    let (seconds, attoseconds) = limited.components
    return seconds * 1000 + attoseconds / 1_000_000_000_000_000
  }
}
