import Mailing
import PasswordReset
import Postgres

/// Reads single values and refuses bad ones with one line.
struct SettingsReader {
  let sources: ConfigurationSources
  /// Whose own choices count first.
  var caller: String?

  init(_ sources: ConfigurationSources) { self.sources = sources }

  func text(_ key: ConfigurationKey) -> String? {
    sources.value(key, caller: caller).flatMap { $0.text.isEmpty ? nil : $0.text }
  }

  func required(_ key: ConfigurationKey) throws(ConfigurationProblem) -> String {
    guard let text = text(key) else { throw .missing(key) }
    return text
  }

  func optional<Value>(
    _ key: ConfigurationKey, _ parse: (String) -> Value?
  ) throws(ConfigurationProblem) -> Value? {
    guard let (text, source) = sources.value(key, caller: caller), !text.isEmpty else { return nil }
    guard let value = parse(text) else { throw ConfigurationProblem(key, text, from: source) }
    return value
  }

  /// For keys with a default: there is always a value, and an empty one is a bad one.
  func value<Value>(
    _ key: ConfigurationKey, _ parse: (String) -> Value?
  ) throws(ConfigurationProblem) -> Value {
    guard let (text, source) = sources.value(key, caller: caller) else { throw .missing(key) }
    guard let value = parse(text) else { throw ConfigurationProblem(key, text, from: source) }
    return value
  }

  func duration(
    _ key: ConfigurationKey, _ bounds: ClosedRange<Int64>
  ) throws(ConfigurationProblem) -> WholeDuration {
    try value(key) { WholeDuration($0).flatMap { bounds.contains($0.seconds) ? $0 : nil } }
  }

  func number(
    _ key: ConfigurationKey, _ bounds: ClosedRange<Int>
  ) throws(ConfigurationProblem) -> Int {
    try value(key) { text in
      guard text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
      return Int(text).flatMap { bounds.contains($0) ? $0 : nil }
    }
  }

  func flag(_ key: ConfigurationKey) throws(ConfigurationProblem) -> Bool {
    try value(key) { ["true": true, "false": false][$0] }
  }

  /// What libpq takes; whether there is a database is another question.
  func databaseURL(_ key: ConfigurationKey) throws(ConfigurationProblem) -> String? {
    try optional(key) { text in
      (try? PostgresSettings(url: text, applicationName: "rekey")).map { _ in text }
    }
  }

  func transports() throws(ConfigurationProblem) -> [TransportURL] {
    guard let text = text(.mailTransports) else { return [] }
    var transports: [TransportURL] = []
    for url in text.split(separator: " ") {
      do { transports.append(try TransportURL(String(url))) } catch {
        throw ConfigurationProblem("mail.transports: \(error)")
      }
    }
    return transports
  }
}
