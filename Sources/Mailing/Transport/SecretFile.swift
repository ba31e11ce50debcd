internal import Glibc

/// A file with a key, read once at the start.
enum SecretFile {
  static let maximumSize = 16 * 1024

  /// The text of a file that only its owner and group may read and only its owner may write.
  ///
  /// - Parameter option: the parameter that named it, for messages.
  /// - Throws: `.secretFile` where it is missing, no regular file, open to others, empty, larger
  ///   than 16 KiB or not UTF-8. The path is named, the content never.
  static func text(_ path: String, _ option: TransportOption) throws(MailingError) -> String {
    func refusal(_ problem: String) -> MailingError {
      .secretFile(option: option.rawValue, path: path, problem: problem)
    }
    guard !path.utf8.contains(0) else { throw refusal("cannot be read") }
    // A pipe would block the start.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { throw refusal("cannot be read") }
    defer { close(descriptor) }
    var info = stat()
    guard fstat(descriptor, &info) == 0, info.st_mode & S_IFMT == S_IFREG else {
      throw refusal("is not a file")
    }
    guard info.st_mode & (S_IROTH | S_IWOTH | S_IWGRP) == 0 else {
      throw refusal("can be read by others or written by group or others; chmod 600 it")
    }
    guard let bytes = read(descriptor) else { throw refusal("cannot be read") }
    guard bytes.count <= maximumSize else { throw refusal("has more than 16 KiB") }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw refusal("is not UTF-8 text")
    }
    guard bytes.contains(where: { $0 > 0x20 }) else { throw refusal("is empty") }
    return text
  }

  /// A file with one key: its only line.
  static func key(_ path: String, _ option: TransportOption) throws(MailingError) -> SecretText {
    var bytes = Array(try text(path, option).utf8)
    if bytes.last == 10 { bytes.removeLast() }
    if bytes.last == 13 { bytes.removeLast() }
    guard bytes.allSatisfy({ (0x21...0x7e).contains($0) }) else {
      throw .secretFile(
        option: option.rawValue, path: path,
        problem: "must be one line of printable ASCII characters without spaces")
    }
    return SecretText(String(decoding: bytes, as: UTF8.self))
  }

  /// One byte more than there may be, so that too many show; nil where reading fails.
  private static func read(_ descriptor: Int32) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: maximumSize + 1)
    var count = 0
    while count < bytes.count {
      let more = bytes[count...].withUnsafeMutableBytes {
        Glibc.read(descriptor, $0.baseAddress, $0.count)
      }
      if more < 0, errno == EINTR { continue }
      guard more >= 0 else { return nil }
      guard more > 0 else { break }
      count += more
    }
    return Array(bytes[..<count])
  }
}
