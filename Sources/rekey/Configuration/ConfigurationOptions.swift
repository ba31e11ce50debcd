import ArgumentParser
import Foundation

/// The configuration keys as options of every command. The parser finds options by reflection, and
/// hands their values over as to any `Decodable`; so these are made from the table.
struct ConfigurationOptions: ParsableArguments, CustomReflectable {
  private static let file = Option<String?>(
    name: .customLong("config"),
    help: "Configuration file; rekey.yaml in the working directory is read if it is there.")

  private let config: String?
  /// What was given on the command line, by key.
  private let given: [String: String]

  /// For the parser, which reflects one.
  init() { (config, given) = (nil, [:]) }

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Name.self)
    func value(_ name: String) throws -> String? {
      try values.decode(Option<String?>.self, forKey: Name(name)).wrappedValue
    }
    config = try value("config")
    var given: [String: String] = [:]
    for key in ConfigurationKey.deployment { given[key.name] = try value(key.optionName) }
    self.given = given
  }

  var customMirror: Mirror {
    let options = ConfigurationKey.deployment.map { key in
      let option = Option<String?>(
        name: .customLong(key.optionName), help: ArgumentHelp(key.helpText, valueName: "value"))
      return (label: String?.some(key.optionName), value: option as Any)
    }
    return Mirror(self, children: [(label: "config", value: Self.file as Any)] + options)
  }

  /// The name of an option, without its dashes.
  private struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
  }

  func sources() throws(ConfigurationProblem) -> ConfigurationSources {
    try ConfigurationSources(
      options: given, environment: ProcessInfo.processInfo.environment, file: config)
  }

  func settings() throws(ConfigurationProblem) -> Settings { try Settings(sources()) }
}
