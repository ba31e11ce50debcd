import Glibc
import Testing

/// A file in a directory of its own, which goes with it.
final class TestFile: Sendable {
  let path: String
  private let directory: String

  init(_ content: [UInt8]) throws {
    var template = Array("\(P_tmpdir)/transfer-tests-XXXXXX".utf8CString)
    directory = try #require(mkdtemp(&template).map { String(cString: $0) })
    path = directory + "/file"
    try write(content)
  }

  /// A file of that many bytes that takes no room.
  convenience init(size: Int) throws {
    try self.init([])
    try #require(truncate(path, off_t(size)) == 0)
  }

  func write(_ content: [UInt8]) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    defer { close(descriptor) }
    try #require(Glibc.write(descriptor, content, content.count) == content.count)
  }

  deinit {
    unlink(path)
    rmdir(directory)
  }
}

/// Bytes of which no two neighbourhoods look alike.
func someBytes(_ count: Int) -> [UInt8] {
  (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ ($0 >> 8)) }
}

/// RFC 4648 section 4, written down a second time and plainly.
func base64(_ bytes: [UInt8], lineLength: Int? = nil) -> String {
  let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
  var text: [Character] = []
  for start in stride(from: 0, to: bytes.count, by: 3) {
    let group = bytes[start..<min(start + 3, bytes.count)]
    let number = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
    for place in 0..<4 {
      text.append(place > group.count ? "=" : alphabet[number >> (18 - 6 * place) & 63])
    }
  }
  guard let lineLength else { return String(text) }
  return stride(from: 0, to: text.count, by: lineLength).map { start in
    String(text[start..<min(start + lineLength, text.count)]) + "\r\n"
  }.joined()
}
