import Foundation
import Glibc

/// Everything that is kept, in one directory with one owner at a time.
struct Directory: Sendable {
  enum File: String, CaseIterable {
    case keyring, callers
    case callerKey = "demo.key"
    case configuration = "rekey.yaml"
    case accounts = "accounts.jsonl"
    case log = "rekey.log"
    case postgresLog = "postgres.log"
  }

  /// Absolute, without symbolic links.
  let path: String
  /// As it was typed.
  let shown: String
  let isTemporary: Bool
  private let lock: DirectoryLock

  private static let lockName = "lock"
  /// The cluster, or a link to it.
  static let clusterName = "postgres"

  /// Makes the directory if it is not there.
  static func open(_ path: String) throws(Failure) -> Directory {
    let parent = URL(filePath: path).deletingLastPathComponent()
    try? FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
    if mkdir(path, 0o700) == 0 { chmod(path, mode) }
    return try Directory(path, isTemporary: false)
  }

  /// A new one that is nobody's, for `close()` to remove.
  static func temporary() throws(Failure) -> Directory {
    let parent = FileManager.default.temporaryDirectory
    // mkdtemp puts letters of its own in place of the six.
    let pattern = parent.appending(path: "rekey-dev-XXXXXX").path(percentEncoded: false)
    var name = Array(pattern.utf8CString)
    let made = name.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
    }
    guard let made else { throw Failure("no directory can be made in \(parent.path())") }
    chmod(made, mode)
    return try Directory(made, isTemporary: true)
  }

  /// As root, PostgreSQL's user must be able to pass; every file is closed by itself.
  private static var mode: mode_t { geteuid() == 0 ? 0o711 : 0o700 }

  private init(_ path: String, isTemporary: Bool) throws(Failure) {
    guard let resolved = realpath(path, nil) else {
      throw Failure("\(path) cannot be made or opened")
    }
    defer { free(resolved) }
    self.path = String(cString: resolved)
    (shown, self.isTemporary) = (path, isTemporary)
    try Self.refuseStrangers(self.path)
    lock = try DirectoryLock("\(self.path)/\(Self.lockName)")
  }

  /// A start writes to these names and a reset removes them, so they must be ours from the start:
  /// the lock is made first, where none of them is.
  private static func refuseStrangers(_ path: String) throws(Failure) {
    guard !DirectoryLock.isOurs("\(path)/\(lockName)") else { return }
    let names = File.allCases.map(\.rawValue) + [clusterName]
    var info = stat()
    let isLockTaken = lstat("\(path)/\(lockName)", &info) == 0 && info.st_size > 0
    let strange =
      isLockTaken ? lockName : names.first { lstat("\(path)/\($0)", &info) == 0 }
    guard let strange else { return }
    throw Failure(
      "\(path)/\(strange) was not made by rekey-dev; name another --directory, or remove it")
  }

  func file(_ file: File) -> String { "\(path)/\(file.rawValue)" }

  /// As a person names it in the working directory.
  func shown(_ file: File) -> String { "\(shown)/\(file.rawValue)" }

  func has(_ file: File) -> Bool { access(self.file(file), F_OK) == 0 }

  /// Nil for one that is not there.
  func read(_ file: File) -> String? {
    FileManager.default.contents(atPath: self.file(file)).map {
      String(decoding: $0, as: UTF8.self)
    }
  }

  /// Puts a file in place at once, closed to others.
  func write(_ text: String, to file: File) throws(Failure) {
    let draft = "\(self.file(file)).new"
    let isMade = FileManager.default.createFile(
      atPath: draft, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
    guard isMade, rename(draft, self.file(file)) == 0 else {
      throw Failure("\(self.file(file)) cannot be written")
    }
  }

  /// Removes what earlier starts have left, and nothing else. Ends what still runs there.
  func reset() async throws {
    try await ClusterHome.removeAll(below: path)
    for file in File.allCases { unlink(self.file(file)) }
  }

  /// Removes a temporary one.
  func close() async {
    guard isTemporary else { return }
    try? await ClusterHome.removeAll(below: path)
    try? FileManager.default.removeItem(atPath: path)
  }
}

/// One owner a directory. The kernel lets go of it when the process ends, however it ends.
final class DirectoryLock: Sendable {
  private let descriptor: Int32

  init(_ path: String) throws(Failure) {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else {
      throw Failure("\(path) cannot be opened: \(String(cString: strerror(errno)))")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw Failure("\(path) is held: rekey-dev runs there\(Self.holder(path))")
    }
    self.descriptor = descriptor
    // Never empty in between, so that a kill does not make the directory a stranger's.
    let text = Array("\(getpid())\n\(Self.signature)\n".utf8)
    write(descriptor, text, text.count)
    ftruncate(descriptor, off_t(text.count))
  }

  private static let signature = "rekey-dev"

  /// Whether this program has made the file.
  static func isOurs(_ path: String) -> Bool {
    guard let data = FileManager.default.contents(atPath: path) else { return false }
    let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    return lines.count > 2 && lines[1].elementsEqual(signature.utf8)
  }

  deinit { close(descriptor) }

  private static func holder(_ path: String) -> String {
    let text = FileManager.default.contents(atPath: path).map {
      String(decoding: $0, as: UTF8.self)
    }
    return text.flatMap { Int($0.prefix { $0.isNumber }) }.map { " already (pid \($0))" }
      ?? " already"
  }
}
