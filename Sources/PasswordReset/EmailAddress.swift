/// One mailbox as RFC 5321 §4.1.2 lets a mail server be told of it: a value of this type can be
/// written into `RCPT TO:<…>` as it is. Equality and hash take UTF-8 bytes, because Swift's string
/// equality folds spellings that mail servers and databases tell apart.
public struct EmailAddress: Sendable, Hashable {
  /// As typed: what its case means is the receiving server's affair (RFC 5321 §2.4).
  public let localPart: String
  /// Lower-case A-labels, without the root's dot.
  public let domain: String

  /// Parses what a person typed; spaces (U+0020) around it and one dot after it are dropped.
  ///
  /// Limits in octets: local part 1–64, label of the domain 1–63, whole 254 (RFC 5321 §4.5.3.1,
  /// where 256 is the path with its brackets).
  public init(_ typed: String, policy: Policy) throws(Problem) {
    let (local, domain) = try EmailSyntax.halves(of: typed)
    localPart = try EmailSyntax.localPart(local, smtpUTF8: policy.smtpUTF8)
    self.domain = try EmailSyntax.domain(domain, policy.domains)
    guard text.utf8.count <= 254 else { throw .tooLong }
  }

  /// What is mailed.
  public var text: String { "\(localPart)@\(domain)" }

  /// Whether a server without SMTPUTF8 (RFC 6531) can take it. The domain always is ASCII.
  public var isASCII: Bool { localPart.utf8.allSatisfy { $0 < 0x80 } }

  /// Folds only what makes two spellings one mailbox for certain: the domain's case and IDNA.
  public var identity: [UInt8] { Array(text.utf8) }

  /// Folds more, for counting only: the local part's ASCII case, `+tag`, and dots at Gmail.
  public var limiterForm: [UInt8] {
    var local = localPart.utf8.map(EmailSyntax.lowercase)
    if let plus = local.firstIndex(of: UInt8(ascii: "+")), plus > 0 {
      local.removeSubrange(plus...)
    }
    guard domain == "gmail.com" || domain == "googlemail.com" else {
      return local + Array("@\(domain)".utf8)
    }
    return local.filter { $0 != UInt8(ascii: ".") } + Array("@gmail.com".utf8)
  }

  /// For logs: the first character and the domain, `a***@example.com`.
  public var masked: String {
    "\(String(localPart.unicodeScalars.prefix(1)))***@\(domain)"
  }

  public static func == (left: Self, right: Self) -> Bool { left.identity == right.identity }

  public func hash(into hasher: inout Hasher) { hasher.combine(identity) }
}

extension EmailAddress: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { masked }
  public var debugDescription: String { masked }
  /// Empty, because `dump` and test failure messages print mirrors, not descriptions.
  public var customMirror: Mirror { Mirror(self, children: [:], displayStyle: .struct) }
}

/// Turns internationalised domains into the form that DNS and mail servers know.
public protocol DomainEncoding: Sendable {
  /// The A-labels (`xn--…`) of a domain with non-ASCII or `xn--` labels, by UTS #46 without
  /// transitional mappings; nil if it has none.
  func aLabels(_ domain: String) -> String?
}

extension EmailAddress {
  public struct Policy: Sendable {
    /// Whether local parts may have non-ASCII letters; only for mail servers with SMTPUTF8.
    public var smtpUTF8: Bool
    public var domains: any DomainEncoding

    public init(smtpUTF8: Bool, domains: any DomainEncoding) {
      self.smtpUTF8 = smtpUTF8
      self.domains = domains
    }
  }

  /// Why a text is no address. The raw value is a stable code; neither it nor the description
  /// repeats any of the text.
  public enum Problem: String, Error, Sendable, CaseIterable, CustomStringConvertible {
    case empty
    case tooLong = "too_long"
    case controlCharacter = "control_character"
    case missingAt = "missing_at"
    case list
    case quotedLocalPart = "quoted_local_part"
    case comment
    case angleBrackets = "angle_brackets"
    case addressLiteral = "address_literal"
    case localPart = "local_part"
    case nonASCIILocalPart = "non_ascii_local_part"
    case domain
    case lookAlikeDomain = "look_alike_domain"

    public var description: String {
      switch self {
      case .empty: "The address is empty."
      case .tooLong: "The address, or a part of it, is longer than mail allows."
      case .controlCharacter: "The address has a line break or another invisible character."
      case .missingAt: "The address has no '@'."
      case .list: "The text looks like several addresses; one is needed."
      case .quotedLocalPart: "Quoted names before the '@' are not accepted."
      case .comment: "Parentheses are not accepted in an address."
      case .angleBrackets: "The address must stand alone, without name or angle brackets."
      case .addressLiteral: "An address in brackets is not accepted as a domain."
      case .localPart: "The part before the '@' has a character or a dot that cannot be there."
      case .nonASCIILocalPart: "Only unaccented letters are accepted before the '@'."
      case .domain: "The part after the '@' is not a domain name."
      case .lookAlikeDomain: "The domain has characters that only look like another domain's."
      }
    }
  }
}

/// The grammar behind ``EmailAddress``: stricter than RFC 5322, equal to what RFC 5321 lets a
/// client send as a dot-string. Works on scalars and bytes, never on characters: for Swift, CR LF
/// is one character that equals neither CR nor LF.
private enum EmailSyntax {
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
    let name = lowercased(string(typed))
    let encoded = try hostname(name, encoding)
    let labels = labels(of: encoded)
    // No limit of 253 for all of them: 254 for the whole address leaves at most 252.
    guard labels.allSatisfy({ $0.count <= 63 }) else { throw .tooLong }
    guard labels.count >= 2, labels.allSatisfy({ isHostLabel(Array($0)) }),
      // An all-numeric top label would be read as an IPv4 address.
      let top = labels.last, !top.allSatisfy(isDigit)
    else { throw .domain }
    return encoded
  }

  private static func hostname(
    _ name: String, _ encoding: any DomainEncoding
  ) throws(EmailAddress.Problem) -> String {
    let labels = labels(of: name)
    guard labels.contains(where: { !isASCII($0) || isALabel($0) }) else { return name }
    guard let encoded = encoding.aLabels(name).map(lowercased) else { throw .domain }
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
      && label.allSatisfy { isLowercaseLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-") }
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

  private static func isDigit(_ byte: UInt8) -> Bool { 0x30...0x39 ~= byte }

  private static func isLowercaseLetter(_ byte: UInt8) -> Bool { 0x61...0x7A ~= byte }

  private static func string(_ scalars: some Sequence<Unicode.Scalar>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }

  /// Byte by byte: Swift's own `lowercased()` turns the Kelvin sign into `k`.
  private static func lowercased(_ text: String) -> String {
    String(decoding: text.utf8.map(lowercase), as: UTF8.self)
  }

  static func lowercase(_ byte: UInt8) -> UInt8 {
    0x41...0x5A ~= byte ? byte | 0x20 : byte
  }
}

/// Unicode text with one spelling: form NFC (UAX #15), decided without a normaliser.
private enum ComposedText {
  /// Letters, marks and decimal digits: what names are written with. Format characters, symbols
  /// and spaces are not.
  static func isWordScalar(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
      .nonspacingMark, .spacingMark, .decimalNumber:
      true
    default: false
    }
  }

  /// Never true for text that is not NFC; false also for some rare text that is.
  static func isComposed(_ scalars: [Unicode.Scalar]) -> Bool {
    var starter: Unicode.Scalar?
    var previousClass: UInt8 = 0
    for scalar in scalars {
      let combiningClass = scalar.properties.canonicalCombiningClass.rawValue
      if scalar.properties.isFullCompositionExclusion { return false }
      if combiningClass != 0 && combiningClass < previousClass { return false }
      if let starter, !scalar.isASCII, merge(starter, scalar) { return false }
      if combiningClass == 0 { starter = scalar }
      previousClass = combiningClass
    }
    return true
  }

  /// Whether NFC writes the two in another way. Swift orders strings by their NFC scalars, so the
  /// pair lies between its first scalar before the lowest and before the highest of all scalars
  /// exactly if the first scalar stands as it is. (The first scalar alone is no lower bound: a
  /// string that begins with all bytes of another is ordered without normalising.)
  private static func merge(_ first: Unicode.Scalar, _ second: Unicode.Scalar) -> Bool {
    let pair = "\(first)\(second)"
    return !("\(first)\u{0}" < pair && pair < "\(first)\u{10FFFF}")
  }
}
