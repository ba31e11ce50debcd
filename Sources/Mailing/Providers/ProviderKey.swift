internal import Formats

/// Where a key is: in the URL, or in a file that one of its parameters names.
enum ProviderKey: Sendable {
  case text(SecretText)
  case file(String)

  /// The key that stands alone before the `@`, or in `key_file`.
  init(_ url: ProviderURL) throws(MailingError) {
    guard url.password == nil else {
      throw .transportURL(
        problem: "before the @ stands the key alone; a colon in it is written as %3A")
    }
    try self.init(url.user, url.options, place: "the key stands before an @")
  }

  /// - Parameter place: where it would stand in the URL, for messages.
  init(_ text: String?, _ options: ProviderOptions, place: String) throws(MailingError) {
    switch (text, options[.keyFile]) {
    case (let text?, nil): self = .text(try SecretText(checking: text))
    case (nil, let file?): self = .file(file)
    case (nil, nil): throw .transportURL(problem: "\(place), or in key_file")
    case (_?, _?): throw .transportURL(problem: "\(place) or in key_file, not both")
    }
  }

  func read() throws(MailingError) -> SecretText {
    switch self {
    case .text(let key): key
    case .file(let path): try SecretFile.key(path, .keyFile)
    }
  }
}

/// A key, or another text that nobody may see. No description or mirror of it shows it.
struct SecretText: Sendable, Hashable {
  let revealed: String

  init(_ text: String) { revealed = text }

  /// - Throws: `.transportURL` for what cannot stand in a header: anything but printable ASCII
  ///   without spaces.
  init(checking text: String) throws(MailingError) {
    guard text.utf8.allSatisfy(\.isVisibleASCII) else {
      throw .transportURL(problem: "a key has only printable ASCII characters without spaces")
    }
    revealed = text
  }
}

extension SecretText: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  var description: String { "<redacted>" }
  var debugDescription: String { description }
  var customMirror: Mirror { Mirror(self, children: []) }
}

/// A file with a key, read once at the start.
enum SecretFile {
  static let maximumSize = 16 * 1024

  /// The text of a file that only its owner and group may read and only its owner may write.
  ///
  /// - Parameter option: the parameter that named it, for messages.
  /// - Throws: `.secretFile` where it is missing, no regular file, open to others, empty, larger
  ///   than 16 KiB or not UTF-8. The path is named, the content never.
  static func text(_ path: String, _ option: ProviderOption) throws(MailingError) -> String {
    func refusal(_ problem: String) -> MailingError {
      .secretFile(option: option.name, path: path, problem: problem)
    }
    let text: String
    do { text = try SmallFile.text(path, for: .owner, atMost: maximumSize) } catch {
      throw refusal(error.description)
    }
    guard text.utf8.contains(where: { $0 > 0x20 }) else { throw refusal("is empty") }
    return text
  }

  /// A file with one key: its only line.
  static func key(_ path: String, _ option: ProviderOption) throws(MailingError) -> SecretText {
    var bytes = Array(try text(path, option).utf8)
    if bytes.last == 10 { bytes.removeLast() }
    if bytes.last == 13 { bytes.removeLast() }
    guard bytes.allSatisfy(\.isVisibleASCII) else {
      throw .secretFile(
        option: option.name, path: path,
        problem: "must be one line of printable ASCII characters without spaces")
    }
    return SecretText(String(decoding: bytes, as: UTF8.self))
  }
}

/// A provider whose calls need one key and nothing else.
protocol KeyedProvider: HTTPProvider where Credentials == SecretText {
  var key: ProviderKey { get }
}

extension KeyedProvider {
  func credentials(_ context: TransportContext) throws(MailingError) -> SecretText {
    try key.read()
  }
}
