/// Where PostgreSQL is, read as libpq reads it. Shown and reflected without its contents, since they
/// may hold a password.
public struct PostgresURL: Sendable, Hashable {
  /// One per host, tried in order; each is what libpq calls keywords and values.
  let targets: [[String: String]]

  /// - Parameter text: a libpq URI or `key=value` string. Several hosts may be given. What it leaves
  ///   open comes from libpq's environment variables and defaults.
  /// - Throws: `configuration`, which quotes nothing of the text.
  public init(_ text: String) throws(PostgresError) {
    targets = try ConnectionString.splitHosts(ConnectionString.parse(text))
    // What follows the first @ of a password that nobody escaped; it would be told as a host's name.
    guard !targets.contains(where: { $0["host"]?.utf8.contains(UInt8(ascii: "@")) == true }) else {
      throw .configuration(reason: "a host has an @; in a user or password it is written as %40")
    }
  }
}

extension PostgresURL: CustomStringConvertible, CustomReflectable {
  public var description: String { "PostgresURL(\(targets.count) hosts)" }
  public var customMirror: Mirror { Mirror(self, children: []) }
}
