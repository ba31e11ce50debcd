internal import Formats

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
    var local = localPart.utf8.map(\.asciiLowercased)
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
