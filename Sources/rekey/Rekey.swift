import ArgumentParser
import Glibc
import Synchronization

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
      Serve.self, Work.self, Migrate.self, Purge.self, DeadLettersCommand.self, OutboxCommand.self,
      SuppressionsCommand.self, Keys.self, Callers.self, Config.self, VersionCommand.self,
    ])

  static func main() async {
    ProcessLimits.prepare()
    var (code, complaint) = await run()
    // What was logged before stands before it.
    await LogLines.standardError.flush()
    if let complaint { Console.error(complaint) }
    if code == 0, Console.hasLostOutput.load(ordering: .relaxed) {
      Console.error("rekey: not everything could be written to stdout")
      code = 1
    }
    // Threads of pools may be inside libpq or libcrypto: the handlers that exit(3) runs would take
    // these libraries down under them.
    fflush(nil)
    _exit(code)
  }

  /// The exit code, and what to tell on stderr.
  private static func run() async -> (Int32, String?) {
    do {
      var command = try parseAsRoot()
      if var asyncCommand = command as? any AsyncParsableCommand {
        try await asyncCommand.run()
      } else {
        try command.run()
      }
      return (0, nil)
    } catch let problem as ConfigurationProblem {
      return (78, "rekey: \(problem)")
    } catch let failure as CommandFailure {
      return (1, "rekey: \(failure)")
    } catch {
      return tell(error)
    }
  }

  /// What the parser has to say: help on stdout with 0, wrong usage on stderr with 64.
  private static func tell(_ error: any Error) -> (Int32, String?) {
    let code = exitCode(for: error)
    let message = fullMessage(for: error)
    guard code.isSuccess, !message.isEmpty else {
      return (code.rawValue, message.isEmpty ? nil : message)
    }
    Console.output(message)
    return (code.rawValue, nil)
  }
}
