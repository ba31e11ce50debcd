import Glibc

/// The user that PostgreSQL runs as: ourselves, or, since it refuses root, somebody without rights.
struct DevUser: Sendable, Equatable {
  let uid: uid_t
  let gid: gid_t

  static var current: DevUser { DevUser(uid: geteuid(), gid: getegid()) }

  /// - Parameter home: where the cluster is; if it is there, its owner keeps it.
  static func forPostgres(at home: String) throws(CommandFailure) -> DevUser {
    guard geteuid() == 0 else { return current }
    var info = stat()
    if stat(home, &info) == 0, info.st_uid != 0 {
      return DevUser(uid: info.st_uid, gid: info.st_gid)
    }
    for name in ["postgres", "nobody"] {
      if let entry = getpwnam(name)?.pointee, entry.pw_uid != 0 {
        return DevUser(uid: entry.pw_uid, gid: entry.pw_gid)
      }
    }
    throw CommandFailure(
      description: "PostgreSQL does not run as root, and there is no user postgres or nobody")
  }

  /// Whether every directory from the root down to this one lets the user pass, by its mode.
  ///
  /// - Parameter path: absolute, without symbolic links.
  func reaches(_ path: String) -> Bool {
    var directory = ""
    for part in [""] + path.split(separator: "/").map(String.init) {
      directory = directory == "/" ? "/\(part)" : "\(directory)/\(part)"
      var info = stat()
      guard stat(directory, &info) == 0, mayPass(info) else { return false }
    }
    return true
  }

  /// The first class that fits decides, also against a later one that would permit.
  private func mayPass(_ info: stat) -> Bool {
    if uid == 0 { return true }
    if info.st_uid == uid { return info.st_mode & S_IXUSR != 0 }
    if info.st_gid == gid { return info.st_mode & S_IXGRP != 0 }
    return info.st_mode & S_IXOTH != 0
  }

  /// The program run as this user; it is asked to end when we are killed.
  func command(
    _ program: String, _ arguments: [String], output: String
  ) throws(CommandFailure) -> ChildProcess.Command {
    let (env, setpriv) = ("/usr/bin/env", "/usr/bin/setpriv")
    for needed in [env, setpriv] where access(needed, X_OK) != 0 {
      throw CommandFailure(description: "\(needed) is missing: install coreutils and util-linux")
    }
    // Another user may not even look at our working directory.
    var switches = ["--chdir=/", setpriv, "--pdeathsig", "SIGINT"]
    if geteuid() == 0 {
      switches += ["--reuid", "\(uid)", "--regid", "\(gid)", "--clear-groups", "--no-new-privs"]
    }
    return ChildProcess.Command(
      program: env, arguments: switches + ["--", program] + arguments, output: output)
  }
}
