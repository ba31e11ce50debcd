public import Logging
import PasswordReset
public import Postgres
import Synchronization

/// What the stores of one process share: sessions, the database's clock, and whether the schema is
/// the one this version was written for.
public final class Database: Sendable {
  /// Waits for the writer, a pool or a lock end within this; the whole request has 10 s.
  static let callLimit: Duration = .seconds(5)

  public let time = DatabaseTime()
  let settings: PostgresSettings
  /// For what strangers share: nobody there waits long for a lock.
  let impatientSettings: PostgresSettings
  let faults: Faults
  let logger: Logger
  /// Links of an account that stay live, 1 to 20: what `rekey.account.mailed` has room for.
  let keepLive: Int
  private let isServable = Mutex(false)

  /// Every statement reaches its rows by key, so one plan is good for all parameters and for tables
  /// of any size; a plan made while a table was empty must not scan it when it has grown.
  static let planning = [
    "enable_seqscan": "off", "jit": "off", "plan_cache_mode": "force_generic_plan",
  ]

  public init(
    url: PostgresURL, isPooled: Bool = false, applicationName: String, keepLive: Int, logger: Logger
  ) {
    settings = PostgresSettings(
      url: url, applicationName: applicationName, options: Self.planning, isPooled: isPooled)
    impatientSettings = PostgresSettings(
      url: url, applicationName: applicationName, lockTimeout: BatchSessions.lockTimeout,
      options: Self.planning, isPooled: isPooled)
    faults = Faults(logger: logger)
    self.logger = logger
    self.keepLive = keepLive
  }

  /// 503 while the schema is not this version's: nothing is written half.
  func requireServable() throws(ResetError) {
    guard isServable.withLock({ $0 }) else { throw .unavailable }
  }

  var keepLiveParameter: Parameter { .int4(Int32(clamping: keepLive)) }

  func setServable(_ value: Bool) { isServable.withLock { $0 = value } }

  func session(_ statements: [Statement], name: String) -> Session {
    Session(settings, statements: statements, name: name)
  }

  func pool(_ statements: [Statement], size: Int, name: String) -> Pool {
    Pool(settings, statements: statements, size: size, maxWaiting: 512, name: name)
  }
}

/// Why a command cannot work with the database; safe to show.
public struct DatabaseProblem: Error, Sendable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }

  init(_ error: PostgresError) { description = "database: \(error.debugDescription)" }
}
