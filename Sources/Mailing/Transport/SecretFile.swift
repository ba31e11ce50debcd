internal import Formats

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
    let text: String
    do { text = try SmallFile.text(path, for: .owner, atMost: maximumSize) } catch {
      throw refusal(error.description)
    }
    guard text.utf8.contains(where: { $0 > 0x20 }) else { throw refusal("is empty") }
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
}
