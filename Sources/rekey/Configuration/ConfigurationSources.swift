import Configuration

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
    let known = Set(ConfigurationKey.deployment.map(\.environmentName))
    if let unknown = variables.keys.filter({ !known.contains($0) }).min() {
      throw ConfigurationProblem("\(unknown.oneLine) is not a configuration variable of rekey")
    }
    let fileName = file ?? "rekey.yaml"
    let (values, callers) = try ConfigurationFile.read(fileName, mustExist: file != nil)
    // An empty variable is how many say that they set none.
    self.init(options, variables.filter { !$0.value.isEmpty }, values, callers, fileName)
  }

  /// These and the defaults, whatever the environment and the working directory hold.
  init(only options: [ConfigurationKey: String]) {
    let values = options.map { ($0.name, $1) }
    self.init(Dictionary(uniqueKeysWithValues: values), [:], [:], [:], "rekey.yaml")
  }

  private init(
    _ options: [String: String], _ variables: [String: String], _ values: [String: String],
    _ callers: [String: [String: String]], _ fileName: String
  ) {
    self.fileName = fileName
    self.callers = callers
    let defaults = ConfigurationKey.deployment.compactMap { key in
      key.defaultText.map { (key.name, $0) }
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
    if let caller, let text = callers[caller]?[key.name] {
      return (text, "\(fileName) (callers.\(caller))")
    }
    for layer in layers {
      if let text = layer.reader.string(forKey: ConfigKey(key.path)) { return (text, layer.name) }
    }
    return nil
  }
}
