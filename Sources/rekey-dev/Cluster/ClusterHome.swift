import Cryptography
import Formats
import Foundation
import Glibc

/// Where the PostgreSQL cluster lives: `DIR/postgres`. Below a directory that PostgreSQL's user
/// cannot pass (root's home is closed), that is a link to a private directory elsewhere.
struct ClusterHome: Sendable {
  let path: String
  let user: ClusterUser
  /// Where the socket is: a short path, because a socket's has at most 107 bytes.
  let socketDirectory: String

  var data: String { "\(path)/data" }

  /// Finds it or makes it, empty.
  /// - Parameter directory: absolute, without symbolic links.
  static func prepare(below directory: String) async throws -> ClusterHome {
    let places = Places(directory)
    let target = try? FileManager.default.destinationOfSymbolicLink(atPath: places.name)
    guard target == nil || target == places.elsewhere else {
      throw Failure("\(places.name) belongs to another directory; --reset begins anew")
    }
    if target == nil, isOwn(places.elsewhere) {
      // The directory was removed by hand, and the keys to read this with it.
      Terminal.note("removing \(places.elsewhere), which an earlier \(directory) has left")
      try await remove(places.elsewhere)
    }
    let user = try ClusterUser.find(for: places.name)
    var path = target ?? places.name
    if target == nil, access(path, F_OK) != 0, try await !user.reaches(directory) {
      path = places.elsewhere
      guard symlink(path, places.name) == 0 else { throw Failure("\(places.name) cannot be made") }
    }
    for closed in [path, places.socket] { try user.claim(closed) }
    guard try await user.reaches(path) else {
      throw Failure("PostgreSQL's user cannot reach \(path); --reset begins anew")
    }
    return ClusterHome(path: path, user: user, socketDirectory: places.socket)
  }

  /// Removes the cluster, wherever it is, and ends what still runs in it.
  static func removeAll(below directory: String) async throws {
    let places = Places(directory)
    for path in [places.elsewhere, places.name, places.socket] where isOwn(path) {
      try await remove(path)
    }
  }

  private static func remove(_ path: String) async throws {
    try await FormerServer(data: "\(path)/data").end()
    do { try FileManager.default.removeItem(atPath: path) } catch {
      throw Failure("\(path) cannot be removed")
    }
  }

  /// Somebody else's place in a directory that is everybody's is left alone.
  private static func isOwn(_ path: String) -> Bool {
    var info = stat()
    return lstat(path, &info) == 0 && (geteuid() == 0 || info.st_uid == geteuid())
  }

  /// The names that belong to a directory, the same each time.
  struct Places {
    let name, elsewhere, socket: String

    init(_ directory: String) {
      let digest = Hex.encode(SHA256.hash(Array(directory.utf8)).prefix(6))
      name = "\(directory)/\(Directory.clusterName)"
      (elsewhere, socket) = ("/var/tmp/rekey-\(digest)", "/tmp/rekey-\(digest)")
    }
  }
}

/// What a start finds that was not stopped: a server that still runs, or a `postmaster.pid` whose
/// number belongs to somebody else by now, which PostgreSQL would take for a running server.
struct FormerServer {
  let data: String

  private var file: String { "\(data)/postmaster.pid" }

  /// Ends the one and removes the other. A number that is nobody's is left to PostgreSQL, which
  /// knows it for stale and looks for orphaned children too.
  func end() async throws {
    guard let pid = recorded, kill(pid, 0) == 0 || errno == EPERM else { return }
    guard isOurs(pid) else {
      unlink(file)
      return
    }
    let end = ContinuousClock.now + .seconds(30)
    // It may be ending already, because its parent has died; asking twice does no harm.
    kill(pid, SIGINT)
    while isOurs(pid) {
      guard ContinuousClock.now < end else {
        throw Failure("PostgreSQL of a former start (pid \(pid)) does not end")
      }
      // No child of this process, so its end is not told.
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  private var recorded: pid_t? {
    guard let data = FileManager.default.contents(atPath: file) else { return nil }
    let line = data.prefix { $0 != UInt8(ascii: "\n") }
    return pid_t(String(decoding: line, as: UTF8.self)).flatMap { $0 > 1 ? $0 : nil }
  }

  /// Whether it was started with our data directory; a zombie has no arguments any more.
  private func isOurs(_ pid: pid_t) -> Bool {
    guard let arguments = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") else {
      return false
    }
    return arguments.split(separator: 0).contains { $0.elementsEqual(data.utf8) }
  }
}
