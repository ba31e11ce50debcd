/// Configuration that cannot be worked with: one line naming key, value (not for secrets) and
/// bounds; exit code 78.
struct ConfigurationProblem: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }

  /// - Parameter reason: more than the bounds say; quotes nothing of the value.
  init(_ key: ConfigurationKey, _ value: String?, from source: String, reason: String? = nil) {
    // A URL may hold a password where none belongs.
    let isSecret =
      key.mayHoldSecret || value?.contains("://") == true && value?.contains("@") == true
    let shown = isSecret ? nil : value.map { "\"\($0.oneLine)\"" }
    description =
      "\(key.name): \(shown ?? "the value") from \(source) is not \(key.bounds)"
      + (reason.map { ": \($0)" } ?? "")
  }

  static func missing(_ key: ConfigurationKey) -> ConfigurationProblem {
    ConfigurationProblem(
      "\(key.name) is required (--\(key.optionName), \(key.environmentName) or rekey.yaml): \(key.bounds)"
    )
  }
}
