internal import Glibc

/// A password or access token that stands in a file, so it can change while the program runs.
enum SMTPPasswordFile {
  static let limit = 16 * 1024

  /// The content without one line end after it; nil if that is empty, longer than 16 KiB, not
  /// UTF-8 or has a NUL, which separates the parts of a PLAIN message (RFC 4616).
  static func read(_ path: String) -> String? {
    guard !path.utf8.contains(0) else { return nil }
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      var bytes = content(descriptor)
    else { return nil }
    if bytes.last == 0x0a {
      bytes.removeLast()
      if bytes.last == 0x0d { bytes.removeLast() }
    }
    guard !bytes.isEmpty, !bytes.contains(0) else { return nil }
    return String(validating: bytes, as: UTF8.self)
  }

  private static func content(_ descriptor: Int32) -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: limit + 1)
    var count = 0
    while count < buffer.count {
      let more = unsafe buffer.withUnsafeMutableBytes { bytes in
        unsafe Glibc.read(descriptor, bytes.baseAddress?.advanced(by: count), bytes.count - count)
      }
      if more < 0, errno == EINTR { continue }
      guard more >= 0 else { return nil }
      if more == 0 { return Array(buffer[..<count]) }
      count += more
    }
    return nil
  }
}
