import Foundation
import Glibc
import Subprocess

/// A PostgreSQL server of our own: reached by a socket in a closed directory and by no port, and
/// ended with us. Who gets into that directory is trusted, so it needs no password.
struct Cluster: Sendable {
  let home: ClusterHome
  let server: Companion
  private let programs: String

  static let superuser = "postgres"

  /// Makes the cluster if there is none, starts it and waits until it answers.
  static func start(in directory: Directory) async throws -> Cluster {
    let home = try await ClusterHome.prepare(below: directory.path)
    let log = LogTail(directory.file(.postgresLog), isKept: !directory.isTemporary)
    let programs = try programs(for: home)
    try await FormerServer(data: home.data).end()
    if access("\(home.data)/PG_VERSION", F_OK) != 0 {
      Terminal.note("making a PostgreSQL cluster in \(home.path)")
      try await initialise(home, programs, log)
    }
    let cluster = Cluster(
      home: home,
      server: Companion("PostgreSQL", serverProgram(home, programs), log: log),
      programs: programs)
    do { try await cluster.awaitAnswer() } catch {
      await cluster.server.stop()
      throw error
    }
    return cluster
  }

  /// In a directory that gets its name at the end: what was interrupted is not taken for whole.
  private static func initialise(
    _ home: ClusterHome, _ programs: String, _ log: LogTail
  ) async throws {
    let draft = "\(home.path)/data.new"
    try? FileManager.default.removeItem(atPath: draft)
    let isMade = try await home.user.program(
      "\(programs)/initdb",
      [
        "--pgdata", draft, "--username", superuser, "--auth-local", "trust", "--auth-host",
        "reject", "--encoding", "UTF8", "--locale", "C.UTF-8",
      ]
    ).run(log: log)
    guard isMade, rename(draft, home.data) == 0 else {
      throw Failure("initdb failed\(log.words)")
    }
  }

  private static func serverProgram(_ home: ClusterHome, _ programs: String) -> Program {
    let settings = [
      "listen_addresses=", "unix_socket_directories=\(home.socketDirectory)",
      "unix_socket_permissions=0700", "port=5432", "fsync=on", "logging_collector=off",
      "log_destination=stderr",
    ]
    var program = home.user.program(
      "\(programs)/postgres", ["-D", home.data] + settings.flatMap { ["-c", $0] })
    // Fast shutdown: sessions are cut, nothing acknowledged is lost. Then it insists.
    program.teardown = [
      .send(signal: .interrupt, allowedDurationToNextStep: .seconds(20)),
      .send(signal: .quit, allowedDurationToNextStep: .seconds(5)),
    ]
    return program
  }

  /// Where initdb and postgres are. Debian keeps them off the PATH, by version: that of the cluster,
  /// or the newest.
  private static func programs(for home: ClusterHome) throws(Failure) -> String {
    let debian = "/usr/lib/postgresql"
    let version = FileManager.default.contents(atPath: "\(home.data)/PG_VERSION")
      .map { String(decoding: $0.prefix { $0 > 0x20 }, as: UTF8.self) }
    let installed = (try? FileManager.default.contentsOfDirectory(atPath: debian)) ?? []
    let versions =
      [version].compactMap { $0 } + installed.sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    let places =
      versions.map { "\(debian)/\($0)/bin" } + path.split(separator: ":").map(String.init)
    let found = places.first { place in
      ["initdb", "postgres", "psql"].allSatisfy { access("\(place)/\($0)", X_OK) == 0 }
    }
    guard let found else {
      throw Failure(
        "no PostgreSQL server on this machine: apt-get install postgresql (ops/run does)")
    }
    return found
  }
}

// While it runs.
extension Cluster {
  func url(user: String, database: String) -> String {
    "postgresql://\(user)@/\(database)?host=\(home.socketDirectory)"
  }

  func program(_ name: String, _ arguments: [String]) -> Program {
    Program("\(programs)/\(name)", arguments)
  }

  /// Stops it when the body is done, however that ends.
  func during(_ body: () async throws -> Void) async throws {
    defer { rmdir(home.socketDirectory) }
    try await server.during(body)
  }

  private static let patience: Duration = .seconds(60)

  private func awaitAnswer() async throws {
    let ready = program("pg_isready", ["--quiet", "--host", home.socketDirectory])
    let end = ContinuousClock.now + Self.patience
    while try await !ready.run() {
      guard !server.hasEnded, ContinuousClock.now < end else {
        throw Failure("PostgreSQL did not start\(server.log.words)")
      }
      // PostgreSQL says nothing when it is ready, so it is asked again.
      try await Task.sleep(for: .milliseconds(20))
    }
  }
}
