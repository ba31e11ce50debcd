import Support

@testable import rekey

/// Configuration as a test gives it, whatever the environment and the working directory hold.
enum Configured {
  static func settings(
    _ options: [ConfigurationKey: String] = [:]
  ) throws(ConfigurationProblem) -> Settings {
    try Settings(ConfigurationSources(only: options))
  }

  static func settings(file: String, environment: [String: String] = [:]) throws -> Settings {
    try Settings(try sources(file: file, environment: environment))
  }

  /// - Parameter file: the text of `rekey.yaml`.
  static func sources(
    options: [ConfigurationKey: String] = [:], file: String, environment: [String: String] = [:]
  ) throws -> ConfigurationSources {
    let folder = try Folder()
    return try withExtendedLifetime(folder) {
      try ConfigurationSources(
        options: Dictionary(uniqueKeysWithValues: options.map { ($0.name, $1) }),
        environment: environment, file: try folder.write(file, to: "rekey.yaml"))
    }
  }

  /// The line that refuses it; nil where it is taken.
  static func problem(_ options: [ConfigurationKey: String]) -> String? {
    do throws(ConfigurationProblem) {
      _ = try settings(options)
      return nil
    } catch { return error.description }
  }

  static func problem(file: String, environment: [String: String] = [:]) throws -> String? {
    do {
      _ = try settings(file: file, environment: environment)
      return nil
    } catch let problem as ConfigurationProblem { return problem.description }
  }
}
