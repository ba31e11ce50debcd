internal import Formats

/// ASCII bytes that SMTP and MIME give a meaning.
enum ASCII {
  static let tab: UInt8 = 0x09
  static let lineFeed: UInt8 = 0x0A
  static let carriageReturn: UInt8 = 0x0D
  static let space: UInt8 = 0x20
  static let dot: UInt8 = 0x2E

  static func isBlank(_ byte: UInt8) -> Bool { byte == space || byte == tab }

  static func isControl(_ byte: UInt8) -> Bool { byte < space || byte == 0x7F }
}

/// Compares bytes, so that neither Unicode equivalence nor folding joins two addresses.
func equalIgnoringASCIICase(_ one: some StringProtocol, _ other: some StringProtocol) -> Bool {
  one.utf8.elementsEqual(other.utf8) { $0.asciiLowercased == $1.asciiLowercased }
}

/// Without blanks and line ends at both ends.
func trimmed(_ bytes: some Sequence<UInt8>) -> ArraySlice<UInt8> {
  var rest = Array(bytes)[...]
  while let first = rest.first, first <= ASCII.space { rest.removeFirst() }
  while let last = rest.last, last <= ASCII.space { rest.removeLast() }
  return rest
}
