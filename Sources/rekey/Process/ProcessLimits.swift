import Glibc

enum ProcessLimits {
  /// A crash leaves no core with keys in it, a reader that went away is no reason to end, and as many
  /// files may be open as the system allows: the usual soft limit of 1024 is for select(2).
  static func prepare() {
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
    signal(SIGPIPE, SIG_IGN)
    var files = openFiles
    files.rlim_cur = files.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files)
  }

  /// How many connections each of two listeners may have, so that files are left for the database,
  /// mail servers and the other listener.
  static var connectionsOfListener: Int {
    let files = Int(clamping: openFiles.rlim_cur)
    return min(8192, max(16, (files - min(files / 2, 256)) / 2))
  }

  private static var openFiles: rlimit {
    var files = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files)
    return files
  }
}
