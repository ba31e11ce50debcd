internal import Formats
internal import Glibc
internal import PasswordReset

/// A file beside a template that goes along with its mails. Only its size is looked at here; what
/// it holds is read by the transport, piece by piece.
struct FileBeside: Sendable, Equatable {
  static let maximumSize: Int64 = 1 << 30
  static let maximumNameLength = 100

  let path: String
  let name: String
  let isInline: Bool

  /// What may stand in the name of an inline file: nothing that a URL would write in another way.
  static func isPlain(_ byte: UInt8) -> Bool {
    byte.isASCIIAlphanumeric || "._-".utf8.contains(byte)
  }

  /// The file as it is now: it may have been replaced since the templates were loaded.
  ///
  /// - Throws: `file_missing` where there is no regular file any more, `file_too_large` above 1 GiB.
  func current() throws(CompositionError) -> MailFile {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw CompositionError(cause: "file_missing")
    }
    let size = Int64(status.st_size)
    guard size <= Self.maximumSize else { throw CompositionError(cause: "file_too_large") }
    return MailFile(
      path: path, name: name, mediaType: MediaType.ofFile(named: name), size: size,
      isInline: isInline)
  }
}

/// RFC 6838 types by the end of a file's name.
enum MediaType {
  static let unknown = "application/octet-stream"
  private static let types = [
    "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif",
    "webp": "image/webp", "svg": "image/svg+xml", "pdf": "application/pdf", "txt": "text/plain",
    "html": "text/html", "ics": "text/calendar", "csv": "text/csv", "zip": "application/zip",
    "json": "application/json",
  ]

  static func ofFile(named name: String) -> String {
    guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")) else { return unknown }
    return types[name[dot...].dropFirst().lowercased()] ?? unknown
  }
}
