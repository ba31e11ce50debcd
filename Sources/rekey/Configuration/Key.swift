/// A line of the table of configuration keys, with the type of its value.
struct Key<Value: Sendable>: Sendable {
  let facts: ConfigurationKey
  let type: ValueType<Value>

  /// - Parameters:
  ///   - fallback: the value where nothing is given.
  ///   - isRequired: whether nothing is served without it.
  ///   - isSecret: whether the value may hold a secret.
  ///   - help: what it is for; Markdown without links and without full stop.
  init(
    _ name: String, _ type: ValueType<Value>, default fallback: String? = nil,
    isRequired: Bool = false, isSecret: Bool = false, scope: ConfigurationKey.Scope = .deployment,
    _ help: String
  ) {
    facts = ConfigurationKey(
      name: name, bounds: type.bounds, defaultText: fallback, isRequired: isRequired, help: help,
      mayHoldSecret: isSecret, scope: scope)
    self.type = type
  }
}

/// A key whatever the type of its value is.
protocol TableLine {
  var facts: ConfigurationKey { get }
}

extension Key: TableLine {}
