import Foundation
import ServiceLifecycle
import Synchronization

/// A server that runs beside this program until it is stopped, with its output in a file. As a
/// service it fails when the server ends by itself.
struct Companion: Service {
  let name: String
  let log: LogTail
  private let task: Task<Void, Never>
  private let ended: Flag

  init(_ name: String, _ program: Program, log: LogTail) {
    (self.name, self.log) = (name, log)
    let ended = Flag()
    self.ended = ended
    task = Task {
      do { try await program.run(log: log) } catch let failure as Failure {
        Terminal.note("\(failure)")
      } catch {}  // Cancelled.
      ended.raise()
    }
  }

  var hasEnded: Bool { ended.isUp }

  func run() async throws {
    await withTaskCancellationOrGracefulShutdownHandler {
      await task.value
    } onCancelOrGracefulShutdown: {
      task.cancel()
    }
    guard task.isCancelled else { throw Failure("\(name) has ended by itself\(log.words)") }
  }

  /// Stops it when the body is done, however that ends.
  func during<Result>(_ body: () async throws -> Result) async throws -> Result {
    do {
      let result = try await body()
      await stop()
      return result
    } catch {
      await stop()
      throw error
    }
  }

  func stop() async {
    task.cancel()
    await task.value
  }
}

private final class Flag: Sendable {
  private let state = Mutex(false)

  var isUp: Bool { state.withLock { $0 } }

  func raise() { state.withLock { $0 = true } }
}

/// What a program has logged since now, for the line that says it failed.
struct LogTail: Sendable {
  let path: String
  /// Whether the file is still there when the line is read.
  let isKept: Bool
  /// Earlier starts wrote to the same file.
  private let start: Int

  init(_ path: String, isKept: Bool) {
    (self.path, self.isKept) = (path, isKept)
    start = FileManager.default.contents(atPath: path)?.count ?? 0
  }

  private static let causes = ["FATAL", "PANIC", "could not"]

  /// The lines that name a cause, or the last ones.
  var words: String {
    let data = FileManager.default.contents(atPath: path)?.dropFirst(start) ?? Data()
    let lines = data.suffix(8000).split(separator: UInt8(ascii: "\n"))
      .map { String(decoding: $0, as: UTF8.self) }
    let causes = lines.filter { line in Self.causes.contains { line.contains($0) } }
    let shown = (causes.isEmpty ? lines : causes).suffix(3)
    return shown.isEmpty
      ? "" : ": \(shown.joined(separator: " | "))\(isKept ? " (more in \(path))" : "")"
  }
}
