import Foundation
import Glibc

/// Everything that `rekey dev` keeps, in one directory with one owner at a time.
struct DevDirectory: Sendable {
  enum File: String, CaseIterable {
    case keyring, callers
    case callerKey = "demo.key"
    case accounts = "accounts.jsonl"
    case log = "rekey.log"
    case postgresLog = "postgres.log"
  }

  /// Absolute, without symbolic links.
  let path: String
  let isTemporary: Bool
  private let lock: DirectoryLock

  private static let lockName = "lock"

  /// Makes the directory if it is not there.
  static func open(_ path: String) throws(CommandFailure) -> DevDirectory {
    let parent = URL(filePath: path).deletingLastPathComponent()
    try? FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
    if mkdir(path, 0o700) == 0 { chmod(path, mode) }
    return try DevDirectory(path, isTemporary: false)
  }

  /// A new one that is nobody's, for `close()` to remove.
  static func temporary() throws(CommandFailure) -> DevDirectory {
    let parent = FileManager.default.temporaryDirectory.path(percentEncoded: false)
    // mkdtemp puts letters of its own in place of the six.
    var name = Array("\(parent)/rekey-dev-XXXXXX".utf8CString)
    let made = name.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
    }
    guard let made else {
      throw CommandFailure(description: "no directory can be made in \(parent)")
    }
    chmod(made, mode)
    return try DevDirectory(made, isTemporary: true)
  }

  /// As root, PostgreSQL's user must be able to pass; every file is closed by itself.
  private static var mode: mode_t { geteuid() == 0 ? 0o711 : 0o700 }

  private init(_ path: String, isTemporary: Bool) throws(CommandFailure) {
    guard let resolved = realpath(path, nil) else {
      throw CommandFailure(description: "\(path) cannot be made or opened")
    }
    defer { free(resolved) }
    self.path = String(cString: resolved)
    self.isTemporary = isTemporary
    try Self.refuseStrangers(self.path)
    lock = try DirectoryLock("\(self.path)/\(Self.lockName)")
  }

  /// A start writes to these names and a reset removes them, so they must be ours from the start:
  /// the lock is made first, where none of them is.
  private static func refuseStrangers(_ path: String) throws(CommandFailure) {
    guard !DirectoryLock.isOurs("\(path)/\(lockName)") else { return }
    let names = File.allCases.map(\.rawValue) + [ClusterHome.name]
    var info = stat()
    let isLockTaken = lstat("\(path)/\(lockName)", &info) == 0 && info.st_size > 0
    let strange =
      isLockTaken ? lockName : names.first { lstat("\(path)/\($0)", &info) == 0 }
    guard let strange else { return }
    throw CommandFailure(
      description:
        "\(path)/\(strange) was not made by rekey dev; name another --directory, or remove it")
  }

  func file(_ file: File) -> String { "\(path)/\(file.rawValue)" }

  /// Removes what earlier starts have left, and nothing else. Ends what still runs there.
  func reset() async throws {
    if let home = try? ClusterHome.prepare(below: path) {
      try await FormerPostmaster(home: home).end()
    }
    try ClusterHome.remove(below: path)
    for file in File.allCases { unlink(self.file(file)) }
  }

  /// Removes a temporary one.
  func close() {
    guard isTemporary else { return }
    try? ClusterHome.remove(below: path)
    try? FileManager.default.removeItem(atPath: path)
  }
}
