import Foundation
import Glibc

/// PostgreSQL's own programs, which Debian keeps off the PATH, by version.
struct PostgresPrograms: Sendable, Equatable {
  let directory: String

  var initdb: String { "\(directory)/initdb" }
  var postgres: String { "\(directory)/postgres" }

  /// - Parameter version: the major version that an existing cluster needs; looked for first.
  static func find(version: String?) throws(CommandFailure) -> PostgresPrograms {
    let wanted = version.map { ["\(debian)/\($0)/bin"] } ?? []
    let found = (wanted + installed + searchPath).first { directory in
      ["initdb", "postgres"].allSatisfy { access("\(directory)/\($0)", X_OK) == 0 }
    }
    guard let found else {
      throw CommandFailure(
        description:
          "no PostgreSQL server on this machine: apt-get install postgresql (ops/run does)")
    }
    return PostgresPrograms(directory: found)
  }

  private static let debian = "/usr/lib/postgresql"

  /// Debian's, newest first, then where pg_config says.
  private static var installed: [String] {
    let versions = (try? FileManager.default.contentsOfDirectory(atPath: debian)) ?? []
    let newestFirst = versions.compactMap(Int.init).sorted(by: >)
    return newestFirst.map { "\(debian)/\($0)/bin" } + [configured].compactMap { $0 }
  }

  private static var searchPath: [String] {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    return path.split(separator: ":").map(String.init)
  }

  /// What `pg_config --bindir` answers.
  private static var configured: String? {
    let programs: [String] = searchPath.map { "\($0)/pg_config" }
    let program = programs.first { access($0, X_OK) == 0 }
    guard let program else { return nil }
    let (process, output) = (Foundation.Process(), Pipe())
    process.executableURL = URL(filePath: program)
    process.arguments = ["--bindir"]
    process.standardOutput = output
    guard (try? process.run()) != nil else { return nil }
    let answer = (try? output.fileHandleForReading.readToEnd()) ?? nil
    process.waitUntilExit()
    return answer.map { String(decoding: $0.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self) }
  }
}
