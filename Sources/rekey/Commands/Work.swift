import ArgumentParser
import Glibc
import Logging

struct Work: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Send mail, beside rekey serve --no-worker.",
    discussion: """
      Any number may run, on any machines. listen.internal serves /healthz and /readyz only.

      Examples:
        rekey work --config rekey.yaml
        rekey work --config rekey.yaml --worker-concurrency 50
      """)

  @OptionGroup(title: "Configuration")
  var options: ConfigurationOptions

  func run() async throws {
    // One that comes before there is a handler would end the process.
    signal(SIGHUP, SIG_IGN)
    let settings = try options.settings()
    let logger = settings.logger("rekey work")
    let assembly = try Assembly(settings, logger: logger, name: "work")
    try await assembly.start()
    let services = try assembly.workingAlone { port in
      logger.notice("listening", metadata: ["listener": "internal", "port": "\(port)"])
    }
    try await ServiceRun.run(services, logger: logger)
  }
}
