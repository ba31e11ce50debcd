import Foundation
import Glibc
import Postgres

/// A PostgreSQL server of our own: reached by a socket in a closed directory and by no port, and
/// ended with us. Who gets into that directory is trusted, so it needs no password.
struct DevCluster: Sendable {
  let home: ClusterHome
  private let process: ChildProcess
  private let ending: Task<Int32, any Error>
  let log: LogTail

  static let superuser = "postgres"

  /// Makes the cluster if there is none, starts it and waits until it answers.
  static func start(in directory: DevDirectory) async throws -> DevCluster {
    try await ClusterHome.removeAbandoned(below: directory.path)
    let home = try ClusterHome.prepare(below: directory.path)
    let log = LogTail(directory.file(.postgresLog), isKept: !directory.isTemporary)
    let programs = try PostgresPrograms.find(version: home.version)
    try await FormerPostmaster(home: home).end()
    if !home.hasData {
      Standard.error("making a PostgreSQL cluster in \(home.path)")
      try await initialise(home, programs, log)
    }
    let cluster = DevCluster(
      home, try home.user.command(programs.postgres, home.serverArguments, output: log.path),
      log)
    do { try await cluster.awaitAnswer() } catch {
      await cluster.stop()
      throw error
    }
    return cluster
  }

  private init(_ home: ClusterHome, _ command: ChildProcess.Command, _ log: LogTail) {
    let process = ChildProcess(command)
    (self.home, self.process, self.log) = (home, process, log)
    ending = Task { try await process.run() }
  }

  /// In a directory that gets its name at the end: what was interrupted is not taken for whole.
  private static func initialise(
    _ home: ClusterHome, _ programs: PostgresPrograms, _ log: LogTail
  ) async throws {
    let draft = "\(home.path)/data.new"
    try? FileManager.default.removeItem(atPath: draft)
    let process = ChildProcess(
      try home.user.command(
        programs.initdb,
        [
          "--pgdata", draft, "--username", superuser, "--auth-local", "trust", "--auth-host",
          "reject", "--encoding", "UTF8", "--locale", hasUTF8Locale ? "C.UTF-8" : "C",
        ], output: log.path))
    let status = try await withTaskCancellationHandler {
      try await process.run()
    } onCancel: {
      process.signal(SIGINT)
    }
    try Task.checkCancellation()
    guard status == 0, rename(draft, home.data) == 0 else {
      throw CommandFailure(description: "initdb failed\(log.words)")
    }
  }

  private static var hasUTF8Locale: Bool {
    guard let locale = newlocale(1 << LC_CTYPE, "C.UTF-8", nil) else { return false }
    freelocale(locale)
    return true
  }
}

// While it runs.
extension DevCluster {
  func url(user: String, database: String) -> String {
    home.url(user: user, database: database)
  }

  private static let patience: Duration = .seconds(60)

  private func awaitAnswer() async throws {
    let session = Session(
      try PostgresSettings(
        url: url(user: Self.superuser, database: "postgres"), applicationName: "rekey dev"),
      name: "pg-start")
    let end = ContinuousClock.now + Self.patience
    while (try? await session.connect(within: .seconds(1))) == nil {
      try Task.checkCancellation()
      guard !process.hasEnded, ContinuousClock.now < end else {
        await session.close()
        throw CommandFailure(description: "PostgreSQL did not start\(log.words)")
      }
      // PostgreSQL says nothing when it is ready, so it is asked again.
      try await Task.sleep(for: .milliseconds(20))
    }
    await session.close()
  }

  /// Ends when the server has.
  var end: AsyncStream<Never> {
    AsyncStream { continuation in
      Task {
        _ = await ending.result
        continuation.finish()
      }
    }
  }

  /// Fast shutdown: sessions are cut, nothing acknowledged is lost. Waits for the end, and insists.
  func stop() async {
    process.signal(SIGINT)
    let insisting = Task {
      // Deadlines; cancelled as soon as it has ended.
      try await Task.sleep(for: .seconds(20))
      process.signal(SIGQUIT)
      try await Task.sleep(for: .seconds(5))
      process.signal(SIGKILL)
    }
    _ = await ending.result
    insisting.cancel()
    if home.socketDirectory != home.path { rmdir(home.socketDirectory) }
  }
}

extension ClusterHome {
  /// The major version that made the cluster.
  fileprivate var version: String? {
    let text = FileManager.default.contents(atPath: "\(data)/PG_VERSION")
    return text.map { String(decoding: $0.prefix { $0 > 0x20 }, as: UTF8.self) }
  }

  fileprivate var serverArguments: [String] {
    let settings = [
      "listen_addresses=", "unix_socket_directories=\(socketDirectory)",
      "unix_socket_permissions=0700", "port=5432", "fsync=on", "logging_collector=off",
      "log_destination=stderr",
    ]
    return ["-D", data] + settings.flatMap { ["-c", $0] }
  }

  func url(user: String, database: String) -> String {
    "postgresql://\(user)@/\(database)?host=\(socketDirectory)"
  }
}
