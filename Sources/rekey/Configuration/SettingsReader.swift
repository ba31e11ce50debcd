/// Reads single values and refuses bad ones with one line.
struct SettingsReader {
  let sources: ConfigurationSources
  /// Whose own choices count first.
  var caller: String?

  init(_ sources: ConfigurationSources) { self.sources = sources }

  typealias Line<Value: Sendable> = KeyPath<ConfigurationTable, Key<Value>>

  /// For keys with a default: there is always a value, and an empty one is a bad one.
  func callAsFunction<Value>(_ line: Line<Value>) throws(ConfigurationProblem) -> Value {
    let key = ConfigurationTable.keys[keyPath: line]
    guard let (text, source) = sources.value(key.facts, caller: caller) else {
      throw .missing(key.facts)
    }
    return try Self.parse(key, text, source) { $0 }
  }

  /// Nil where nothing is given; an empty value is none.
  func optional<Value>(_ line: Line<Value>) throws(ConfigurationProblem) -> Value? {
    try optional(line) { $0 }
  }

  /// - Parameter finish: what is left to read, nil where it cannot be.
  func optional<Value, Result>(
    _ line: Line<Value>, _ finish: (Value) -> Result?
  ) throws(ConfigurationProblem) -> Result? {
    let key = ConfigurationTable.keys[keyPath: line]
    guard let (text, source) = sources.value(key.facts, caller: caller), !text.isEmpty else {
      return nil
    }
    return try Self.parse(key, text, source, finish)
  }

  func required<Value>(_ line: Line<Value>) throws(ConfigurationProblem) -> Value {
    guard let value = try optional(line) else {
      throw .missing(ConfigurationTable.keys[keyPath: line].facts)
    }
    return value
  }

  private static func parse<Value, Result>(
    _ key: Key<Value>, _ text: String, _ source: String, _ finish: (Value) -> Result?
  ) throws(ConfigurationProblem) -> Result {
    let value: Value
    do throws(Refusal) { value = try key.type.parse(text) } catch {
      throw ConfigurationProblem(key.facts, text, from: source, reason: error.reason)
    }
    guard let result = finish(value) else {
      throw ConfigurationProblem(key.facts, text, from: source)
    }
    return result
  }
}
