import DemoApp
import Glibc
import Logging
import MailSink
import ServiceLifecycle
import Transfer
import UnixSignals

/// One run of `rekey dev`: what is started first is stopped last, whatever happens between.
struct DevSession: Service {
  /// Nil is a directory for this run only.
  var directory: String?
  var startsAnew = false
  var walks = false
  var portBase: Int
  var readyFile: String?

  func run() async throws {
    let directory =
      try self.directory.map { path throws(CommandFailure) in
        try DevDirectory.open(path)
      } ?? DevDirectory.temporary()
    defer { directory.close() }
    if let readyFile { try ReadyFile.clear(readyFile) }
    let ports = try DevPorts(base: portBase)
    let cluster = try await cancelWhenGracefulShutdown {
      if startsAnew { try await directory.reset() }
      return try await DevCluster.start(in: directory)
    }
    do { try await run(on: cluster, in: directory, ports) } catch {
      await cluster.stop()
      throw error
    }
    await cluster.stop()
  }

  private func run(
    on cluster: DevCluster, in directory: DevDirectory, _ ports: DevPorts
  ) async throws {
    let url = try await cancelWhenGracefulShutdown {
      try await DevDatabase(cluster: cluster).prepare()
    }
    let place = DevPlace(
      ports: ports, callerKey: try DevKeys.prepare(in: directory), databaseURL: url)
    let loop = try TransferLoop()
    let services = try await services(at: place, in: directory, cluster, loop)
    try await Self.group(services).run()
    await loop.stop()
  }

  /// In the order of their start; they are stopped in the opposite one.
  private func services(
    at place: DevPlace, in directory: DevDirectory, _ cluster: DevCluster, _ loop: TransferLoop
  ) async throws -> [any Service] {
    let settings = try place.settings(in: directory)
    let logger = try DevLog.open(directory.file(.log), level: settings.logLevel)
    let sink = MailSink(configuration: .init(port: place.ports.smtp))
    let app = try await DevApp.make(at: place, in: directory, through: loop, logger: logger)
    let mailbox = MailboxApp(source: DevMailbox(sink: sink), logger: logger)
    let http = HTTPClient(loop: loop)
    let readiness = DevReadiness(place: place, http: http)
    let last: any Service =
      walks
      ? WalkService(
        readiness: readiness, walk: Walk(place: place, http: http, sink: sink, settings: settings))
      : DevAnnouncement(
        readiness: readiness, directory: directory, home: cluster.home.path,
        shown: self.directory ?? directory.path, readyFile: readyFile)
    return [ClusterWatch(cluster: cluster), SinkService(sink: sink)]
      + (try Assembly(settings, logger: logger, name: "dev").serving(withWorker: true))
      + [
        app.application(port: place.ports.app), mailbox.application(port: place.ports.mailbox),
        last,
      ]
  }

  /// The first to end takes the others with it, in good order.
  static func group(
    _ services: [any Service], signals: [UnixSignal] = [], grace: Duration = Process.grace
  ) -> ServiceGroup {
    var configuration = ServiceGroupConfiguration(
      services: services.map {
        .init(
          service: $0, successTerminationBehavior: .gracefullyShutdownGroup,
          failureTerminationBehavior: .gracefullyShutdownGroup)
      }, gracefulShutdownSignals: signals, logger: DevLog.none)
    configuration.maximumGracefulShutdownDuration = grace
    return ServiceGroup(configuration: configuration)
  }
}

/// Without its database nothing else makes sense.
private struct ClusterWatch: Service {
  let cluster: DevCluster

  func run() async throws {
    for await _ in cluster.end.cancelOnGracefulShutdown() {}
    guard !Task.isShuttingDownGracefully else { return }
    throw CommandFailure(description: "PostgreSQL has ended by itself\(cluster.log.words)")
  }
}
