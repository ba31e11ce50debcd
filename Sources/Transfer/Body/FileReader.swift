internal import Glibc

/// Reads a file whose size is known before, from its beginning to its end.
final class FileReader {
  enum Fault: String, Error {
    case missing = "file_missing"
    case changed = "file_changed"
  }

  private let descriptor: Int32
  private var left: Int64
  private var position: Int64 = 0

  /// - Throws: `.missing` if it cannot be opened or is not a regular file, `.changed` if its size
  ///   is not `size`.
  init(_ path: String, size: Int64) throws(Fault) {
    // A NUL would end the C string early and open another file. A pipe would block the loop.
    guard !path.utf8.contains(0) else { throw .missing }
    descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    left = size
    guard descriptor >= 0 else { throw .missing }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw .missing
    }
    guard Int64(status.st_size) == size else { throw .changed }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  var isAtEnd: Bool { left <= 0 }

  /// Fills `buffer` from its beginning and returns how many bytes it holds: all it has room for
  /// but one, or what is left. One byte more is asked for, so a file that has grown is found out
  /// before its end has been sent.
  func read(into buffer: inout [UInt8]) throws(Fault) -> Int {
    let wanted = min(Int64(buffer.count - 1), left)
    var count = 0
    while count <= wanted {
      let more = unsafe buffer.withUnsafeMutableBytes { bytes in
        unsafe pread(
          descriptor, bytes.baseAddress?.advanced(by: count), Int(wanted) + 1 - count,
          off_t(position) + off_t(count))
      }
      if more < 0, errno == EINTR { continue }
      guard more > 0 else { break }
      count += more
    }
    let hasGrown = wanted == left && count > wanted
    guard count >= wanted, !hasGrown else { throw .changed }
    left -= wanted
    position += wanted
    return Int(wanted)
  }
}
