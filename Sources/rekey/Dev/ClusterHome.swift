import Foundation
import Glibc

/// Where the PostgreSQL cluster lives: `DIR/postgres`. Below a directory that PostgreSQL's user
/// cannot pass (root's home is closed), that is a link to a private directory elsewhere.
struct ClusterHome: Sendable {
  let path: String
  let user: DevUser
  /// Where the socket is: the home, or a shorter path.
  let socketDirectory: String

  var data: String { "\(path)/data" }
  var hasData: Bool { access("\(data)/PG_VERSION", F_OK) == 0 }

  static let name = "postgres"
  private static let shared = "/var/tmp"
  private static let socketName = ".s.PGSQL.5432"

  /// Finds it or makes it, empty.
  /// - Parameter directory: absolute, without symbolic links.
  static func prepare(below directory: String) throws(CommandFailure) -> ClusterHome {
    let name = "\(directory)/\(Self.name)"
    let user = try DevUser.forPostgres(at: name)
    let elsewhere = PrivateDirectory.name(in: shared, for: directory)
    let home: String
    switch link(name) {
    case .some(let target):
      guard target == elsewhere else {
        throw CommandFailure(
          description:
            "\(name) leads to \(target), which belongs to another directory; --reset begins anew")
      }
      home = elsewhere
    case nil:
      let isThere = access(name, F_OK) == 0
      home = isThere || user.reaches(directory) ? name : elsewhere
      if home != name, symlink(elsewhere, name) != 0 {
        throw CommandFailure(description: "\(name) cannot be made")
      }
    }
    try PrivateDirectory.claim(home, for: user)
    guard user.reaches(home) else {
      throw CommandFailure(
        description: "PostgreSQL's user cannot reach \(home); --reset begins anew")
    }
    return ClusterHome(
      path: home, user: user, socketDirectory: try socketDirectory(for: home, user))
  }

  /// A directory that was removed by hand has left its cluster elsewhere, without the keys to read
  /// it. A new directory of the same name begins empty.
  static func removeAbandoned(below directory: String) async throws {
    let elsewhere = PrivateDirectory.name(in: shared, for: directory)
    guard link("\(directory)/\(Self.name)") == nil, access(elsewhere, F_OK) == 0 else { return }
    let user = try DevUser.forPostgres(at: elsewhere)
    // A stranger's is left alone; it is in the way only if it is needed.
    guard (try? PrivateDirectory.claim(elsewhere, for: user)) != nil else { return }
    let home = ClusterHome(path: elsewhere, user: user, socketDirectory: elsewhere)
    try await FormerPostmaster(home: home).end()
    Standard.error("removing \(elsewhere), which an earlier \(directory) has left")
    do { try FileManager.default.removeItem(atPath: elsewhere) } catch {
      throw CommandFailure(description: "\(elsewhere) cannot be removed")
    }
  }

  /// Removes the cluster, wherever it is. Nothing may run in it.
  static func remove(below directory: String) throws(CommandFailure) {
    let name = "\(directory)/\(Self.name)"
    for path in [
      PrivateDirectory.name(in: "/tmp", for: name),
      PrivateDirectory.name(in: shared, for: directory),
      name,
    ] where isOwn(path) {
      do { try FileManager.default.removeItem(atPath: path) } catch {
        throw CommandFailure(description: "\(path) cannot be removed")
      }
    }
  }

  /// PostgreSQL's limit is `sun_path`'s: 108 bytes with the NUL. A list of directories is separated
  /// by commas and quoted, so only plain names are taken.
  static func fitsSocket(_ directory: String) -> Bool {
    directory.utf8.count + 1 + socketName.utf8.count <= 107
      && directory.utf8.allSatisfy { byte in
        (97...122).contains(byte | 0x20) || (45...57).contains(byte) || byte == UInt8(ascii: "_")
      }
  }

  private static func socketDirectory(
    for home: String, _ user: DevUser
  ) throws(CommandFailure) -> String {
    if fitsSocket(home) { return home }
    let short = PrivateDirectory.name(in: "/tmp", for: home)
    try PrivateDirectory.claim(short, for: user)
    return short
  }

  /// Where a symbolic link leads; nil for anything else.
  private static func link(_ path: String) -> String? {
    try? FileManager.default.destinationOfSymbolicLink(atPath: path)
  }

  private static func isOwn(_ path: String) -> Bool {
    var info = stat()
    return lstat(path, &info) == 0 && (geteuid() == 0 || info.st_uid == geteuid())
  }
}
