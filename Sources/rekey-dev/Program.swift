import Foundation
import Subprocess
import SystemPackage

/// A program that this one starts, without input, in a process group of its own: Ctrl-C at the
/// terminal is for us, and we stop it when we are done.
struct Program: Sendable {
  /// Absolute path.
  let path: String
  let arguments: [String]
  /// Ours, if there is none.
  var workingDirectory: String?
  /// What ends it when its task is cancelled; at last it is killed.
  var teardown: [TeardownStep] = [.gracefulShutDown(allowedDurationToNextStep: .seconds(5))]

  init(_ path: String, _ arguments: [String]) { (self.path, self.arguments) = (path, arguments) }

  /// Runs it to its end.
  /// - Parameter log: what it says is added there; without one it stands on the terminal.
  /// - Returns: whether it exited with 0.
  /// - Throws: when it cannot be started, and when it has ended because the task was cancelled.
  @discardableResult
  func run(log: LogTail? = nil) async throws -> Bool {
    let output = try log.map(open) ?? .standardError
    defer { if log != nil { try? output.close() } }
    return try await started {
      try await Subprocess.run(
        configuration,
        output: .fileDescriptor(output, closeAfterSpawningProcess: false),
        error: .combinedWithOutput
      ).terminationStatus.isSuccess
    }
  }

  private func open(_ log: LogTail) throws(Failure) -> FileDescriptor {
    do {
      return try FileDescriptor.open(
        log.path, .writeOnly, options: [.create, .append, .closeOnExec],
        permissions: .ownerReadWrite)
    } catch { throw Failure("\(log.path) cannot be written") }
  }

  /// Runs it to its end, with its complaints on stderr.
  /// - Returns: its standard output; nil if it did not exit with 0.
  func answer() async throws -> String? {
    try await started {
      let done = try await Subprocess.run(
        configuration, output: .string(limit: 1 << 20), error: .currentStandardError)
      return done.terminationStatus.isSuccess ? done.standardOutput : nil
    }
  }

  private func started<Result>(_ body: () async throws -> Result) async throws -> Result {
    do {
      let result = try await body()
      try Task.checkCancellation()
      return result
    } catch let error as SubprocessError {
      try Task.checkCancellation()
      throw Failure("\(path) cannot be started: \(error)")
    }
  }

  private var configuration: Configuration {
    var options = PlatformOptions()
    options.processGroupID = 0
    options.teardownSequence = teardown
    return Configuration(
      executable: .path(FilePath(path)), arguments: Arguments(arguments),
      // Nothing of ours: PGDATA, REKEY_…, LC_* and others would change what it does.
      environment: .custom(["PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "HOME": "/"]),
      workingDirectory: workingDirectory.map { FilePath($0) }, platformOptions: options)
  }

  /// The same program, asked to end by that signal when we are killed. All programs are started
  /// from one thread that lives as long as this process, as such a signal needs (prctl(2)).
  func ending(with signal: String, as user: [String] = []) -> Program {
    var program = Program("/usr/bin/setpriv", ["--pdeathsig", signal] + user + [path] + arguments)
    (program.workingDirectory, program.teardown) = (workingDirectory, teardown)
    return program
  }
}
