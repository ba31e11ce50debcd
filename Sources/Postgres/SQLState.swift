/// What a SQLSTATE means for the connection and for a retry (PostgreSQL manual, Appendix A).
enum SQLState {
  /// A repeat may succeed: serialization, deadlock, lock and statement timeouts, a server that is
  /// full, going down, starting, or has become a standby.
  static func isTransient(_ state: String) -> Bool {
    switch state {
    case "40001", "40P01", "55P03", "57014", readOnly: true
    default: state.hasPrefix("53") || state.hasPrefix("57P") || state.hasPrefix("08")
    }
  }

  /// The server closes the connection after it.
  static func endsConnection(_ state: String) -> Bool {
    state.hasPrefix("57P") || state.hasPrefix("08")
  }

  /// The connection works but is of no more use: the server is a standby now, or the prepared
  /// statements are gone or no longer fit the tables. A new connection puts all of it right.
  static func staleConnection(_ state: String) -> Bool {
    state == readOnly || state == "26000" || state == "0A000"
  }

  static let readOnly = "25006"
  static let failedTransaction = "25P02"
}
