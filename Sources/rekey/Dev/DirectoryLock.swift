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
    ftruncate(descriptor, 0)
    Standard.write("\(getpid())\n", to: descriptor)
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
