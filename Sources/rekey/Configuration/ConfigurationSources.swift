import Configuration
import Foundation
import Glibc
import Yams

/// Where values come from: command line, then environment, then `rekey.yaml`, then defaults.
struct ConfigurationSources {
  private let layers: [(name: String, reader: ConfigReader)]
  /// Names under `callers.` in `rekey.yaml`, with what they override.
  let callers: [String: [String: String]]
  private let fileName: String

  /// - Parameters:
  ///   - options: values of the command line, by key.
  ///   - file: `--config`; nil reads `rekey.yaml` in the working directory if it is there.
  init(
    options: [String: String], environment: [String: String], file: String?
  ) throws(ConfigurationProblem) {
    let variables = environment.filter {
      $0.key.hasPrefix("REKEY_") && !$0.key.hasPrefix("REKEY_TEST_")
    }
    let known = Set(ConfigurationKey.allCases.map(\.environmentName))
    if let unknown = variables.keys.filter({ !known.contains($0) }).min() {
      throw ConfigurationProblem("\(unknown.oneLine) is not a configuration variable of rekey")
    }
    let fileName = file ?? "rekey.yaml"
    let (values, callers) = try ConfigurationFile.read(fileName, mustExist: file != nil)
    self.init(options, variables, values, callers, fileName)
  }

  /// These and the defaults, whatever the environment and the working directory hold.
  init(only options: [ConfigurationKey: String]) {
    let values = options.map { ($0.rawValue, $1) }
    self.init(Dictionary(uniqueKeysWithValues: values), [:], [:], [:], "rekey.yaml")
  }

  private init(
    _ options: [String: String], _ variables: [String: String], _ values: [String: String],
    _ callers: [String: [String: String]], _ fileName: String
  ) {
    self.fileName = fileName
    self.callers = callers
    let defaults = ConfigurationKey.allCases.compactMap { key in
      key.defaultText.map { (key.rawValue, $0) }
    }
    layers = [
      ("the command line", ConfigReader(provider: Self.provider("command line", options))),
      (
        "the environment",
        ConfigReader(
          provider: EnvironmentVariablesProvider(environmentVariables: variables)
            .prefixKeys(with: "rekey"))
      ),
      (fileName, ConfigReader(provider: Self.provider("file", values))),
      (
        "default",
        ConfigReader(
          provider: Self.provider("default", Dictionary(uniqueKeysWithValues: defaults)))
      ),
    ]
  }

  private static func provider(_ name: String, _ values: [String: String]) -> InMemoryProvider {
    InMemoryProvider(
      name: name,
      values: Dictionary(
        uniqueKeysWithValues: values.map { key, value in
          (
            AbsoluteConfigKey(key.split(separator: ".").map(String.init)),
            ConfigValue(.string(value), isSecret: false)
          )
        }))
  }

  /// The value that counts and where it comes from; an empty one counts as given.
  func value(_ key: ConfigurationKey, caller: String? = nil) -> (text: String, source: String)? {
    if let caller, let text = callers[caller]?[key.rawValue] {
      return (text, "\(fileName) (callers.\(caller))")
    }
    for layer in layers {
      if let text = layer.reader.string(forKey: ConfigKey(key.path)) { return (text, layer.name) }
    }
    return nil
  }
}

/// `rekey.yaml`: keys by their dotted names, nested or not.
enum ConfigurationFile {
  static func read(
    _ path: String, mustExist: Bool
  ) throws(ConfigurationProblem) -> (values: [String: String], callers: [String: [String: String]])
  {
    if !mustExist, access(path, F_OK) != 0, errno == ENOENT { return ([:], [:]) }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ConfigurationProblem("\(path) cannot be read")
    }
    let node: Node?
    do { node = try Yams.compose(yaml: String(decoding: data, as: UTF8.self)) } catch {
      throw ConfigurationProblem("\(path) is not YAML")
    }
    guard let node, node.scalar?.string.isEmpty != true else { return ([:], [:]) }
    var values: [String: String] = [:]
    var callers: [String: [String: String]] = [:]
    for (key, text) in try flatten(node, "", path) {
      try sort(key, text, path, &values, &callers)
    }
    return (values, callers)
  }

  private static func sort(
    _ key: String, _ text: String, _ path: String, _ values: inout [String: String],
    _ callers: inout [String: [String: String]]
  ) throws(ConfigurationProblem) {
    if ConfigurationKey(rawValue: key) != nil {
      try set(key, text, path, &values)
      return
    }
    if text.isEmpty, isSection(key) { return }
    let parts = key.split(separator: ".", maxSplits: 2).map(String.init)
    let allowed = ConfigurationKey.perCaller.map(\.rawValue) + ["brand"]
    guard parts.count == 3, parts[0] == "callers", allowed.contains(parts[2]) else {
      throw ConfigurationProblem("\(path): \(key.oneLine) is not a configuration key of rekey")
    }
    try set(parts[2], text, path, &callers[parts[1], default: [:]])
  }

  private static func set(
    _ key: String, _ text: String, _ path: String, _ values: inout [String: String]
  ) throws(ConfigurationProblem) {
    guard values.updateValue(text, forKey: key) == nil else {
      throw ConfigurationProblem("\(path): \(key) is given twice")
    }
  }

  /// What may stand there with nothing below it.
  private static func isSection(_ key: String) -> Bool {
    key == "callers"
      || key.split(separator: ".").first == "callers" && key.split(separator: ".").count == 2
      || ConfigurationKey.allCases.contains { $0.rawValue.hasPrefix("\(key).") }
  }

  private static func flatten(
    _ node: Node, _ prefix: String, _ path: String
  ) throws(ConfigurationProblem) -> [(String, String)] {
    switch node {
    case .scalar(let scalar): return [(prefix, scalar.string)]
    case .mapping(let mapping):
      if mapping.isEmpty { return [(prefix, "")] }
      var found: [(String, String)] = []
      for (key, value) in mapping {
        guard let name = key.scalar?.string else {
          throw ConfigurationProblem("\(path): a key is no word")
        }
        found += try flatten(value, prefix.isEmpty ? name : "\(prefix).\(name)", path)
      }
      return found
    case .sequence(let items):
      // Lists are welcome where a value is a space-separated list.
      let words = items.compactMap { $0.scalar?.string }
      guard words.count == items.count else {
        throw ConfigurationProblem("\(path): \(prefix.oneLine) has a list or a mapping in its list")
      }
      return [(prefix, words.joined(separator: " "))]
    case .alias:
      throw ConfigurationProblem("\(path): aliases are not supported")
    }
  }
}
