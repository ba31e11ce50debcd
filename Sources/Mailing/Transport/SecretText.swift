/// A key, or another text that nobody may see. No description or mirror of it shows it.
struct SecretText: Sendable, Hashable {
  let revealed: String

  init(_ text: String) { revealed = text }

  /// - Throws: `.transportURL` for what cannot stand in a header: anything but printable ASCII
  ///   without spaces.
  init(checking text: String) throws(MailingError) {
    guard text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
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
