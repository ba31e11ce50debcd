import Foundation
import Glibc

/// One `rekey dev` a directory. The kernel lets go of it when the process ends, however it ends.
final class DirectoryLock: Sendable {
  private let descriptor: Int32

  init(_ path: String) throws(CommandFailure) {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else {
      throw CommandFailure(
        description: "\(path) cannot be opened: \(String(cString: strerror(errno)))")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw CommandFailure(description: "\(path) is held: rekey dev runs there\(Self.holder(path))")
    }
    self.descriptor = descriptor
    // Never empty in between, so that a kill does not make the directory a stranger's.
    let text = "\(getpid())\n\(Self.signature)\n"
    Standard.write(text, to: descriptor)
    ftruncate(descriptor, off_t(text.utf8.count))
  }

  private static let signature = "rekey dev"

  /// Whether `rekey dev` has made this file.
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
