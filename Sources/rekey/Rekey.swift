import ArgumentParser

@main
struct Rekey: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rekey",
    abstract: "A password-reset service: signed, expiring, single-use links by mail.",
    discussion: """
      Examples:
        rekey keys init --keyring-file keyring
        rekey callers add shop --callers-file callers
        rekey migrate --config rekey.yaml
        rekey serve --config rekey.yaml

      Exit codes: 0 done, 1 failed, 64 wrong usage, 78 wrong configuration.
      """,
    version: Version.number,
    subcommands: [
      Dev.self, Serve.self, Work.self, Migrate.self, Purge.self, Keys.self, Callers.self,
      Config.self, VersionCommand.self,
    ])

  static func main() async {
    ProcessLimits.prepare()
    do {
      var command = try parseAsRoot()
      if var asyncCommand = command as? any AsyncParsableCommand {
        try await asyncCommand.run()
      } else {
        try command.run()
      }
    } catch let problem as ConfigurationProblem {
      Standard.error("rekey: \(problem)")
      exit(withError: ExitCode(78))
    } catch let failure as CommandFailure {
      Standard.error("rekey: \(failure)")
      exit(withError: ExitCode.failure)
    } catch {
      exit(withError: error)
    }
  }
}

/// A command that could not do its work: one line for the operator, exit code 1.
struct CommandFailure: Error, CustomStringConvertible {
  let description: String
}
