import Cryptography
import Formats
import Glibc
import PasswordReset

/// A directory in a place that everybody may write to. Somebody else may have made the name first,
/// so what is there is taken only if it is a directory, its user's own, and closed to others.
enum PrivateDirectory {
  /// `parent/rekey-…`, the same name for the same path each time.
  static func name(in parent: String, for path: String) -> String {
    "\(parent)/rekey-\(Hex.encode(SHA256.hash(Array(path.utf8)).prefix(6)))"
  }

  /// Makes it, or takes it over from a former start.
  static func claim(_ path: String, for user: DevUser) throws(CommandFailure) {
    if mkdir(path, 0o700) != 0, errno != EEXIST {
      throw CommandFailure(
        description: "\(path) cannot be made: \(String(cString: strerror(errno)))")
    }
    var info = stat()
    let isOurs =
      lstat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFDIR
      && info.st_mode & 0o077 == 0 && [user.uid, geteuid()].contains(info.st_uid)
    guard isOurs else {
      throw CommandFailure(
        description: "\(path) is in the way: it is not a private directory of this user")
    }
    guard info.st_uid == user.uid || lchown(path, user.uid, user.gid) == 0 else {
      throw CommandFailure(description: "\(path) cannot be given to PostgreSQL's user")
    }
  }
}
