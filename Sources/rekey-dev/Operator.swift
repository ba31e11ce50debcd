import Cryptography
import Formats
import Foundation
import Glibc
import Subprocess

/// Sets Rekey up as README's operator does: types the commands one after the other, each shown
/// before it runs, and leaves out what an earlier start has done.
struct Operator {
  static let caller = "demo"
  private static let (owner, login, database) = ("rekey_owner", "rekey_app", "rekey")

  let directory: Directory
  let cluster: Cluster
  let tools: Tools

  /// The login that serves has the rights for that and no more.
  static func servingURL(in cluster: Cluster) -> String {
    cluster.url(user: login, database: database)
  }

  /// - Returns: the demo app's key.
  func setUp() async throws -> String {
    try await makeDatabase()
    Terminal.note("\nWhat follows is what an operator types, see \"Running it\" in README.md:\n")
    if let alias = tools.alias { Terminal.note("$ \(alias)") }
    if !directory.has(.keyring) {
      try await rekey("keys", "init", "--keyring-file", directory.shown(.keyring))
    }
    let key = try await callerKey()
    try await rekey(
      "migrate", "--database-url", cluster.url(user: Self.owner, database: Self.database))
    try await type("psql", ["-v", "ON_ERROR_STOP=1", "-f", tools.roles, adminURL])
    if try await !has("roles", "rolname", Self.login) {
      let role = "CREATE ROLE \(Self.login) LOGIN IN ROLE rekey_serve, rekey_work"
      try await type("psql", ["-c", role, adminURL])
    }
    return key
  }

  /// - Returns: the server, which may not answer yet.
  func serve(on ports: Ports) throws(Failure) -> Companion {
    let text = RekeyYAML(
      directory: directory, ports: ports, databaseURL: Self.servingURL(in: cluster)
    ).text
    try directory.write(text, to: .configuration)
    let configuration = directory.shown(.configuration)
    Terminal.note("# \(configuration) is written, with the URLs of this run")
    let arguments = ["serve", "--config", configuration]
    let log = LogTail(directory.file(.log), isKept: !directory.isTemporary)
    Terminal.note("$ \(Self.line("rekey", arguments)) 2>> \(Self.quoted(directory.shown(.log)))\n")
    var program = Program(tools.rekey, arguments)
    // It drains for 30 s at most.
    program.teardown = [.gracefulShutDown(allowedDurationToNextStep: .seconds(40))]
    return Companion("rekey serve", program.ending(with: "SIGTERM"), log: log)
  }

  // MARK: The caller's key

  /// The callers file has only its hash, as always; the key itself is kept beside it, so that the
  /// next start has it.
  private func callerKey() async throws -> String {
    let callers = directory.read(.callers) ?? ""
    if let key = directory.read(.callerKey)?.trimmingCharacters(in: .whitespacesAndNewlines),
      callers.contains("\(Self.caller) \(Hex.encode(SHA256.hash(Array(key.utf8)))) ")
    {
      return key
    }
    let file = ["--callers-file", directory.shown(.callers)]
    if callers.split(separator: "\n").contains(where: { $0.hasPrefix("\(Self.caller) ") }) {
      try await rekey(["callers", "remove", Self.caller] + file)
    }
    let arguments = ["callers", "add", Self.caller] + file
    let target = Self.quoted(directory.shown(.callerKey))
    Terminal.note("$ \(Self.line("rekey", arguments)) > \(target)")
    guard let key = try await Program(tools.rekey, arguments).answer() else {
      throw failure("rekey callers add")
    }
    try directory.write(key, to: .callerKey)
    return key.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  // MARK: The database

  private var adminURL: String { cluster.url(user: Cluster.superuser, database: Self.database) }

  /// An owner who only migrates, and his database. What an operator is given, so it is not shown.
  private func makeDatabase() async throws {
    if try await !has("roles", "rolname", Self.owner) {
      try await administer("CREATE ROLE \(Self.owner) LOGIN")
    }
    if try await !has("database", "datname", Self.database) {
      try await administer(
        "CREATE DATABASE \(Self.database) OWNER \(Self.owner) TEMPLATE template0")
    }
  }

  private func has(_ catalog: String, _ column: String, _ name: String) async throws -> Bool {
    try await administer("SELECT 1 FROM pg_\(catalog) WHERE \(column) = '\(name)'") == "1\n"
  }

  @discardableResult
  private func administer(_ sql: String) async throws -> String {
    let url = cluster.url(user: Cluster.superuser, database: "postgres")
    let arguments = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "-c", sql, url]
    guard let answer = try await cluster.program("psql", arguments).answer() else {
      throw failure("psql")
    }
    return answer
  }

  // MARK: Typing

  private func rekey(_ arguments: String...) async throws { try await rekey(arguments) }

  private func rekey(_ arguments: [String]) async throws {
    Terminal.note("$ \(Self.line("rekey", arguments))")
    guard try await Program(tools.rekey, arguments).run() else {
      throw failure("rekey \(arguments.prefix(2).joined(separator: " "))")
    }
  }

  /// What it says of each statement is not shown, what is wrong is.
  private func type(_ name: String, _ arguments: [String]) async throws {
    Terminal.note("$ \(Self.line(name, arguments))")
    guard try await cluster.program(name, arguments).answer() != nil else { throw failure(name) }
  }

  private func failure(_ command: String) -> Failure {
    Failure("\(command) has failed, see above; --reset begins anew")
  }

  static func line(_ name: String, _ arguments: [String]) -> String {
    ([name] + arguments).map(quoted).joined(separator: " ")
  }

  /// As a shell reads it.
  static func quoted(_ word: String) -> String {
    let isPlain = word.utf8.allSatisfy { byte in
      (97...122).contains(byte | 0x20) || (45...57).contains(byte) || "_@:=%+,".utf8.contains(byte)
    }
    return isPlain && !word.isEmpty ? word : "'\(word.replacing("'", with: "'\\''"))'"
  }
}

/// What the operator works with: the program `rekey` and the script of roles.
struct Tools: Sendable {
  /// Beside this program.
  let rekey: String
  /// `sql/roles.sql`, of the working directory or of the package that this program lies in.
  let roles: String
  /// Makes the lines shown work where they are pasted.
  let alias: String?

  static func find() throws(Failure) -> Tools {
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    var folder = URL(filePath: own).deletingLastPathComponent()
    let rekey = folder.appending(path: "rekey").path(percentEncoded: false)
    guard access(rekey, X_OK) == 0 else {
      throw Failure("\(rekey) is not there: swift build --product rekey (ops/run does)")
    }
    var places = ["sql/roles.sql"]
    while folder.pathComponents.count > 1 {
      folder.deleteLastPathComponent()
      places.append(folder.appending(path: "sql/roles.sql").path(percentEncoded: false))
    }
    guard let roles = places.first(where: { access($0, R_OK) == 0 }) else {
      throw Failure("sql/roles.sql is neither here nor above \(own)")
    }
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    let onPath = path.split(separator: ":").map { String($0) + "/rekey" }.first { (file: String) in
      access(file, X_OK) == 0
    }
    let alias = onPath == rekey ? nil : "alias rekey=\(Operator.quoted(rekey))"
    return Tools(rekey: rekey, roles: roles, alias: alias)
  }
}
