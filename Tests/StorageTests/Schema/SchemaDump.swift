import Glibc
import Testing

/// What `pg_dump` says of a database's schema, without what differs from one run, version or day to
/// the next.
struct SchemaDump: Equatable {
  let lines: [String]

  init(of database: TestDatabase) async throws {
    let arguments = [
      try Self.program(), "--schema-only", "--no-owner", "--dbname",
      try database.urlText(.superuser),
    ]
    lines = Self.significant(try Program.output(of: arguments))
  }

  /// Leaves out comments of pg_dump, settings of its session and psql's own commands.
  private static func significant(_ text: String) -> [String] {
    text.split(separator: "\n").map(String.init).filter { line in
      !["--", "\\", "SET ", "SELECT pg_catalog."].contains { line.hasPrefix($0) }
    }
  }

  /// Debian keeps each version in a folder of its own; the newest can dump all older servers.
  private static func program() throws -> String {
    let root = "/usr/lib/postgresql"
    let versions = directory(root).compactMap { Int($0) }.sorted()
    let installed = versions.last { access("\(root)/\($0)/bin/pg_dump", X_OK) == 0 }
    return installed.map { "\(root)/\($0)/bin/pg_dump" } ?? "pg_dump"
  }

  private static func directory(_ path: String) -> [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      names.append(
        withUnsafeBytes(of: entry.pointee.d_name) { bytes in
          String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        })
    }
    return names
  }
}

/// Another program, run to its end.
enum Program {
  /// What it writes to its standard output; fails unless it exits with 0.
  static func output(of arguments: [String]) throws -> String {
    var ends: [Int32] = [-1, -1]
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    try #require(socketpair(AF_UNIX, type, 0, &ends) == 0)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    defer { posix_spawn_file_actions_destroy(&actions) }
    var pid: pid_t = 0
    let argv = arguments.map { strdup($0) } + [nil]
    defer { for argument in argv { free(argument) } }
    let status = posix_spawnp(&pid, arguments[0], &actions, nil, argv, environ)
    close(ends[1])
    defer { close(ends[0]) }
    try #require(status == 0, "\(arguments[0]) cannot be run")
    let text = readAll(ends[0])
    var exit: Int32 = 0
    waitpid(pid, &exit, 0)
    try #require(exit == 0, "\(arguments[0]) failed")
    return text
  }

  private static func readAll(_ descriptor: Int32) -> String {
    var (bytes, chunk): ([UInt8], [UInt8]) = ([], [UInt8](repeating: 0, count: 65_536))
    while true {
      let count = read(descriptor, &chunk, chunk.count)
      guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
      bytes += chunk[..<count]
    }
  }
}
