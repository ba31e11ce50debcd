import ArgumentParser
import Glibc
import Logging
import Web

struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Serve the link and the API, and send mail.",
    discussion: """
      Ready when /readyz on listen.internal answers 200. SIGTERM drains and exits 0; SIGHUP reloads \
      keyring, callers and templates.

      Examples:
        rekey serve --config rekey.yaml
        rekey serve --no-worker --config rekey.yaml
      """)

  @Flag(name: .customLong("no-worker"), help: "Leave sending to rekey work.")
  var noWorker = false

  @OptionGroup(title: "Configuration")
  var options: ConfigurationOptions

  func run() async throws {
    // One that comes before there is a handler would end the process.
    signal(SIGHUP, SIG_IGN)
    let settings = try options.settings()
    let logger = settings.logger("rekey serve")
    let assembly = try Assembly(settings, logger: logger, name: "serve")
    try await assembly.start()
    let services = try assembly.serving(withWorker: settings.isWorkerEmbedded && !noWorker) {
      kind, port in
      logger.notice("listening", metadata: ["listener": "\(kind.rawValue)", "port": "\(port)"])
    }
    try await ServiceRun.run(services, logger: logger)
  }
}

extension Settings {
  func logger(_ label: String) -> Logger {
    let (level, isJSON) = (logLevel, logsJSON)
    return Logger(label: label) { _ -> any LogHandler in
      if isJSON { return JSONLogHandler(logLevel: level) }
      return TextLogHandler(logLevel: level)
    }
  }
}
