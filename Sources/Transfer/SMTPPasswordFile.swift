internal import Formats

/// A password or access token that stands in a file, so it can change while the program runs.
enum SMTPPasswordFile {
  static let limit = 16 * 1024

  /// The content without one line end after it; nil if that is empty, longer than 16 KiB, not
  /// UTF-8 or has a NUL, which separates the parts of a PLAIN message (RFC 4616).
  static func read(_ path: String) -> String? {
    guard var bytes = try? SmallFile.bytes(path, for: .anybody, atMost: limit) else { return nil }
    if bytes.last == 0x0a {
      bytes.removeLast()
      if bytes.last == 0x0d { bytes.removeLast() }
    }
    guard !bytes.isEmpty, !bytes.contains(0) else { return nil }
    return String(validating: bytes, as: UTF8.self)
  }
}
