import Glibc

/// The user that PostgreSQL runs as: ourselves, or, since it refuses root, somebody without rights.
struct ClusterUser: Sendable, Equatable {
  let uid: uid_t
  let gid: gid_t

  static var current: ClusterUser { ClusterUser(uid: geteuid(), gid: getegid()) }

  /// - Parameter home: where the cluster is; if it is there, its owner keeps it.
  static func find(for home: String) throws(Failure) -> ClusterUser {
    guard geteuid() == 0 else { return current }
    var info = stat()
    if stat(home, &info) == 0, info.st_uid != 0 {
      return ClusterUser(uid: info.st_uid, gid: info.st_gid)
    }
    for name in ["postgres", "nobody"] {
      if let entry = getpwnam(name)?.pointee, entry.pw_uid != 0 {
        return ClusterUser(uid: entry.pw_uid, gid: entry.pw_gid)
      }
    }
    throw Failure("PostgreSQL does not run as root, and there is no user postgres or nobody")
  }

  /// The program run as this user; a server is asked to end when we are killed.
  func program(_ path: String, _ arguments: [String]) -> Program {
    let switches =
      geteuid() == 0
      ? ["--reuid", "\(uid)", "--regid", "\(gid)", "--clear-groups", "--no-new-privs"] : []
    var program = Program(path, arguments).ending(with: "SIGINT", as: switches)
    // Another user may not even look at our working directory.
    program.workingDirectory = "/"
    return program
  }

  /// Whether this user can look into a directory.
  func reaches(_ path: String) async throws -> Bool {
    try await program("/usr/bin/test", ["-x", path]).run()
  }

  /// Makes a directory in a place that everybody may write to, or takes it over from a former start.
  /// Somebody else may have made the name first, so what is there is taken only if it is a
  /// directory, its user's own, and closed to others.
  func claim(_ path: String) throws(Failure) {
    if mkdir(path, 0o700) != 0, errno != EEXIST {
      throw Failure("\(path) cannot be made: \(String(cString: strerror(errno)))")
    }
    var info = stat()
    let isOurs =
      lstat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFDIR
      && info.st_mode & 0o077 == 0 && [uid, geteuid()].contains(info.st_uid)
    guard isOurs else {
      throw Failure("\(path) is in the way: it is not a private directory of this user")
    }
    guard info.st_uid == uid || lchown(path, uid, gid) == 0 else {
      throw Failure("\(path) cannot be given to PostgreSQL's user")
    }
  }
}
