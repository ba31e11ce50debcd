import DemoApp
import Foundation
import Logging
import MailSink
import ServiceLifecycle
import UnixSignals

/// One run: what is started first is stopped last, whatever happens between.
struct Session: Service {
  /// Nil is a directory for this run only.
  var directory: String?
  var startsAnew = false
  var walks = false
  var portBase: Int
  var readyFile: String?

  func run() async throws {
    let directory =
      try self.directory.map { path throws(Failure) in try Directory.open(path) }
      ?? Directory.temporary()
    do { try await run(in: directory) } catch {
      await directory.close()
      throw error
    }
    await directory.close()
  }

  private func run(in directory: Directory) async throws {
    if let readyFile { try ReadyFile.clear(readyFile) }
    let tools = try Tools.find()
    let ports = try await Ports(base: portBase)
    let cluster = try await cancelWhenGracefulShutdown {
      if startsAnew { try await directory.reset() }
      return try await Cluster.start(in: directory)
    }
    try await cluster.during {
      let typist = Operator(directory: directory, cluster: cluster, tools: tools)
      let key = try await cancelWhenGracefulShutdown { try await typist.setUp() }
      let place = Place(
        ports: ports, callerKey: key, databaseURL: Operator.servingURL(in: cluster))
      let serve = try typist.serve(on: ports)
      try await serve.during {
        try await Self.group(try await services(at: place, in: directory, cluster, serve)).run()
      }
    }
  }

  /// In the order of their start; they are stopped in the opposite one.
  private func services(
    at place: Place, in directory: Directory, _ cluster: Cluster, _ serve: Companion
  ) async throws -> [any Service] {
    let http = HTTPClient()
    let sink = MailSink(configuration: .init(port: place.ports.smtp))
    let app = try await DemoApp(
      configuration: .init(
        accountsFile: directory.file(.accounts), callerKey: place.callerKey,
        mailboxURL: place.mailbox),
      rekey: RekeyOverHTTP(base: place.programs, http: http), logger: Self.logger)
    let mailbox = MailboxPage(logger: Self.logger) { sink.mails }
    let readiness = Readiness(place: place, http: http)
    let last: any Service =
      walks
      ? WalkService(readiness: readiness, walk: Walk(place: place, http: http))
      : Announcement(
        readiness: readiness, directory: directory, cluster: cluster, readyFile: readyFile)
    return [
      cluster.server, SinkService(sink: sink), serve,
      app.application(port: place.ports.app), mailbox.application(port: place.ports.mailbox), last,
    ]
  }

  /// What goes wrong in the demo app stands on the terminal.
  private static let logger: Logger = {
    var logger = Logger(label: "rekey-dev", factory: { StreamLogHandler.standardError(label: $0) })
    logger.logLevel = .error
    return logger
  }()

  /// The first to end takes the others with it, in good order.
  static func group(
    _ services: [any Service], signals: [UnixSignal] = [], grace: Duration = .seconds(60)
  ) -> ServiceGroup {
    var configuration = ServiceGroupConfiguration(
      services: services.map {
        .init(
          service: $0, successTerminationBehavior: .gracefullyShutdownGroup,
          failureTerminationBehavior: .gracefullyShutdownGroup)
      }, gracefulShutdownSignals: signals,
      logger: Logger(label: "none") { _ in SwiftLogNoOpLogHandler() })
    configuration.maximumGracefulShutdownDuration = grace
    return ServiceGroup(configuration: configuration)
  }
}

/// The SMTP server for as long as the others run.
private struct SinkService: Service {
  let sink: MailSink

  func run() async throws {
    try await sink.start()
    try? await gracefulShutdown()
    await sink.stop()
  }
}
