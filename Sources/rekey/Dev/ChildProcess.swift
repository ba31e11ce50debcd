import Foundation
import Glibc
import Synchronization
import Threading

/// A program started by this one, with an empty standard input and its output in a file.
///
/// The thread that starts it waits for its end. So that thread lives as long as the child does,
/// which a parent-death signal needs: the kernel sends it when the forking *thread* ends (prctl(2)).
actor ChildProcess {
  struct Command: Sendable {
    /// Absolute path.
    var program: String
    var arguments: [String]
    /// Standard output and standard error are appended to this file.
    var output: String
  }

  private enum State {
    case fresh, forbidden, ended
    case running(pid_t)
  }

  private let command: Command
  private let thread: DedicatedThread
  private let state = Mutex(State.fresh)

  nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  init(_ command: Command) {
    self.command = command
    thread = DedicatedThread(name: "child")
  }

  nonisolated var hasEnded: Bool {
    state.withLock { if case .ended = $0 { true } else { false } }
  }

  /// Sends a signal; one that comes before the start prevents it.
  nonisolated func signal(_ number: Int32) {
    state.withLock { state in
      switch state {
      case .running(let pid): kill(pid, number)
      case .fresh: state = .forbidden
      case .forbidden, .ended: break
      }
    }
  }

  /// Starts it and waits for its end.
  /// - Returns: its exit code, or 128 and the number of the signal that ended it.
  func run() throws(CommandFailure) -> Int32 {
    let (pid, failure) = state.withLock { state -> (pid_t?, Int32) in
      guard case .fresh = state else { return (nil, 0) }
      var pid = pid_t()
      let failure = ChildSpawning.spawn(command, &pid)
      state = failure == 0 ? .running(pid) : .ended
      return (pid, failure)
    }
    guard failure == 0 else {
      throw CommandFailure(
        description: "\(command.program) cannot be started: \(String(cString: strerror(failure)))")
    }
    guard let pid else { return 128 + SIGTERM }
    return awaitEnd(of: pid)
  }

  /// Its number is given back only under the lock, so that no signal ever reaches a stranger.
  private func awaitEnd(of pid: pid_t) -> Int32 {
    var info = siginfo_t()
    while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR {}
    return state.withLock { state in
      var status: Int32 = 0
      waitpid(pid, &status, WNOHANG)
      state = .ended
      let signal = status & 0x7f
      return signal == 0 ? (status >> 8) & 0xff : 128 + signal
    }
  }
}

private enum ChildSpawning {
  /// - Returns: 0, or the error's number.
  static func spawn(_ command: ChildProcess.Command, _ pid: inout pid_t) -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    prepare(&actions, output: command.output)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    prepare(&attributes)

    // Nothing of our environment: PGDATA, PGPORT, LC_* and others would change what it does.
    let environment = ["PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C", "HOME=/"]
    return withCStrings([command.program] + command.arguments) { arguments in
      withCStrings(environment) { environment in
        posix_spawn(&pid, command.program, &actions, &attributes, arguments, environment)
      }
    }
  }

  private static func prepare(_ actions: inout posix_spawn_file_actions_t, output: String) {
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    // What we have inherited ourselves is nothing for a server that may outlive its starter. One
    // that is closed meanwhile does no harm.
    let open = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
    for descriptor in open.compactMap(Int32.init) where descriptor > 2 {
      posix_spawn_file_actions_addclose(&actions, descriptor)
    }
  }

  private static func prepare(_ attributes: inout posix_spawnattr_t) {
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    for number in [SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM] { sigaddset(&signals, number) }
    posix_spawnattr_setsigdefault(&attributes, &signals)
    // A group of its own: Ctrl-C at the terminal is for us, and we stop it when we are done.
    posix_spawnattr_setpgroup(&attributes, 0)
    let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
    posix_spawnattr_setflags(&attributes, Int16(flags))
  }

  private static func withCStrings<Result>(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
  ) -> Result {
    let copies = strings.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    return body(copies + [nil])
  }
}
