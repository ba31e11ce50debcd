/// What is known of a configuration key but for the type of its value: `ConfigurationKey.tokenLifetime`
/// stands for the line of that name in `ConfigurationTable`.
@dynamicMemberLookup
struct ConfigurationKey: Sendable, Hashable {
  /// Where it may be set.
  enum Scope {
    /// For all callers alike.
    case deployment
    /// Also under `callers.<name>.`.
    case deploymentAndCaller
    /// Only there.
    case caller
  }

  /// `token.keep_live`.
  let name: String
  /// What the value must be, for the line that refuses another.
  let bounds: String
  let defaultText: String?
  /// Whether nothing is served without it.
  let isRequired: Bool
  /// What it is for; Markdown without links.
  let help: String
  /// Shown by `rekey config` without what may be secret in it, and never quoted in an error.
  let mayHoldSecret: Bool
  let scope: Scope

  static subscript<Value>(
    dynamicMember line: KeyPath<ConfigurationTable, Key<Value>>
  ) -> ConfigurationKey { ConfigurationTable.keys[keyPath: line].facts }

  /// The key of this name among those of the deployment.
  init?(_ name: String) {
    guard let key = Self.deployment.first(where: { $0.name == name }) else { return nil }
    self = key
  }

  init(
    name: String, bounds: String, defaultText: String?, isRequired: Bool, help: String,
    mayHoldSecret: Bool, scope: Scope
  ) {
    (self.name, self.bounds, self.help) = (name, bounds, help)
    (self.defaultText, self.isRequired) = (defaultText, isRequired)
    (self.mayHoldSecret, self.scope) = (mayHoldSecret, scope)
  }

  /// Every key, in the order of the table, in which `rekey config` shows them too.
  static let all = Mirror(reflecting: ConfigurationTable.keys).children
    .compactMap { ($0.value as? any TableLine)?.facts }
  /// Those with an option and a variable.
  static let deployment = all.filter { $0.scope != .caller }
  /// What `callers.<name>.` may stand before.
  static let perCaller = all.filter { $0.scope != .deployment }
}

extension ConfigurationKey {
  var path: [String] { name.split(separator: ".").map(String.init) }

  /// `REKEY_TOKEN_KEEP_LIVE`.
  var environmentName: String {
    "REKEY_" + name.uppercased().replacing(".", with: "_")
  }

  /// `token-keep-live`.
  var optionName: String { name.replacing(".", with: "-").replacing("_", with: "-") }

  /// What stands in README's table.
  var readmeRow: String {
    let standard = defaultText.map { "`\($0)`" } ?? (isRequired ? "required" : "none")
    let name = scope == .caller ? "callers.<name>.\(name)" : name
    return "| `\(name)` | \(standard) | \(bounds.replacing("<", with: "\\<")); \(help) |"
  }

  /// What `--help` says.
  var helpText: String {
    "\(name): \(bounds); \(help)." + (defaultText.map { " Default: \($0)" } ?? "")
  }
}
