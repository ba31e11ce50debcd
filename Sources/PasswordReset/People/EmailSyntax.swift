internal import Formats

/// The grammar behind ``EmailAddress``: stricter than RFC 5322, equal to what RFC 5321 lets a
/// client send as a dot-string. Works on scalars and bytes, never on characters: for Swift, CR LF
/// is one character that equals neither CR nor LF.
enum EmailSyntax {
  /// 64 octets, `@`, and four labels of the most UTF-8 that 63 octets of A-label can stand for
  /// (58 scalars of 4 octets). Anything longer is refused before it costs any work.
  private static let maximumTyped = 1024

  static func halves(
    of typed: String
  ) throws(EmailAddress.Problem) -> (local: [Unicode.Scalar], domain: [Unicode.Scalar]) {
    guard typed.utf8.count <= maximumTyped else { throw .tooLong }
    let scalars = trimmed(Array(typed.unicodeScalars))
    guard !scalars.isEmpty else { throw .empty }
    guard !scalars.contains(where: isControl) else { throw .controlCharacter }
    if let problem = scalars.lazy.compactMap(structure).first { throw problem }
    let halves = scalars.split(separator: "@", omittingEmptySubsequences: false)
    guard halves.count > 1 else { throw .missingAt }
    guard halves.count == 2 else { throw .list }
    return (Array(halves[0]), Array(halves[1]))
  }

  private static func trimmed(_ scalars: [Unicode.Scalar]) -> [Unicode.Scalar] {
    let start = scalars.drop { $0 == " " }
    return Array(start.reversed().drop { $0 == " " }.reversed())
  }

  /// C0, DEL, C1 and the two separators that some programs take as line breaks.
  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0...0x1F, 0x7F...0x9F, 0x2028, 0x2029: true
    default: false
    }
  }

  /// The part of mail's larger grammar that this character belongs to.
  private static func structure(_ scalar: Unicode.Scalar) -> EmailAddress.Problem? {
    switch scalar {
    case "\"": .quotedLocalPart
    case "(", ")": .comment
    case "<", ">": .angleBrackets
    case ",", ";": .list
    case "[", "]": .addressLiteral
    default: nil
    }
  }

  static func localPart(
    _ scalars: [Unicode.Scalar], smtpUTF8: Bool
  ) throws(EmailAddress.Problem) -> String {
    let text = string(scalars)
    guard text.utf8.count <= 64 else { throw .tooLong }
    let atoms = scalars.split(separator: ".", omittingEmptySubsequences: false)
    guard atoms.allSatisfy({ !$0.isEmpty }),
      scalars.allSatisfy({ !$0.isASCII || $0 == "." || isAtomText($0) })
    else { throw .localPart }
    if scalars.allSatisfy(\.isASCII) { return text }
    guard smtpUTF8 else { throw .nonASCIILocalPart }
    guard scalars.allSatisfy({ $0.isASCII || ComposedText.isWordScalar($0) }),
      ComposedText.isComposed(scalars)
    else { throw .localPart }
    return text
  }

  /// `atext`, RFC 5322 §3.2.3.
  private static func isAtomText(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9": true
    case "!", "#", "$", "%", "&", "'", "*", "+", "-", "/", "=", "?", "^", "_", "`", "{", "|", "}",
      "~":
      true
    default: false
    }
  }

  static func domain(
    _ scalars: [Unicode.Scalar], _ encoding: any DomainEncoding
  ) throws(EmailAddress.Problem) -> String {
    // `example.com.` is `example.com` with DNS's root written out.
    let typed = scalars.last == "." ? scalars.dropLast() : scalars[...]
    let name = string(typed).asciiLowercased
    let encoded = try hostname(name, encoding)
    let labels = labels(of: encoded)
    // No limit of 253 for all of them: 254 for the whole address leaves at most 252.
    guard labels.allSatisfy({ $0.count <= 63 }) else { throw .tooLong }
    guard labels.count >= 2, labels.allSatisfy({ isHostLabel(Array($0)) }),
      // An all-numeric top label would be read as an IPv4 address.
      let top = labels.last, !top.allSatisfy(\.isASCIIDigit)
    else { throw .domain }
    return encoded
  }

  private static func hostname(
    _ name: String, _ encoding: any DomainEncoding
  ) throws(EmailAddress.Problem) -> String {
    let labels = labels(of: name)
    guard labels.contains(where: { !isASCII($0) || isALabel($0) }) else { return name }
    guard let encoded = encoding.aLabels(name).map(\.asciiLowercased) else { throw .domain }
    let answer = Self.labels(of: encoded)
    // UTS #46 maps full-width letters, the Kelvin sign and ideographic stops to plain ASCII: a
    // text that is not `kernel.org` would name it. CVE-2019-19844 began with such a letter.
    guard answer.count == labels.count,
      zip(labels, answer).allSatisfy({ typed, label in
        isASCII(typed) ? typed.elementsEqual(label) : isALabel(label)
      })
    else { throw .lookAlikeDomain }
    return encoded
  }

  /// Letters, digits and inner hyphens, RFC 1123 §2.1.
  private static func isHostLabel(_ label: [UInt8]) -> Bool {
    guard let first = label.first, let last = label.last else { return false }
    return first != UInt8(ascii: "-") && last != UInt8(ascii: "-")
      && label.allSatisfy { isLowercaseLetter($0) || $0.isASCIIDigit || $0 == UInt8(ascii: "-") }
  }

  private static func labels(of domain: String) -> [Substring.UTF8View] {
    domain.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
  }

  private static func isASCII(_ label: Substring.UTF8View) -> Bool {
    label.allSatisfy { $0 < 0x80 }
  }

  private static func isALabel(_ label: Substring.UTF8View) -> Bool {
    label.starts(with: "xn--".utf8)
  }

  private static func isLowercaseLetter(_ byte: UInt8) -> Bool { 0x61...0x7A ~= byte }

  private static func string(_ scalars: some Sequence<Unicode.Scalar>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }
}
