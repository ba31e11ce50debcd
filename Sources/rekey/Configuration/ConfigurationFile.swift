import Formats
import Glibc
import Yams

/// `rekey.yaml`: keys by their dotted names, nested or not.
enum ConfigurationFile {
  static func read(
    _ path: String, mustExist: Bool
  ) throws(ConfigurationProblem) -> (values: [String: String], callers: [String: [String: String]])
  {
    if !mustExist, access(path, F_OK) != 0, errno == ENOENT { return ([:], [:]) }
    let text: String
    do { text = try SmallFile.text(path, for: .anybody, atMost: 1 << 20) } catch {
      throw ConfigurationProblem("\(path) \(error)")
    }
    let node: Node?
    do { node = try Yams.compose(yaml: text) } catch {
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
    if ConfigurationKey(key) != nil {
      try set(key, text, path, &values)
      return
    }
    if text.isEmpty, isSection(key) { return }
    let parts = key.split(separator: ".", maxSplits: 2).map(String.init)
    guard parts.count == 3, parts[0] == "callers",
      ConfigurationKey.perCaller.contains(where: { $0.name == parts[2] })
    else {
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
      || ConfigurationKey.deployment.contains { $0.name.hasPrefix("\(key).") }
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
