internal import PasswordReset

/// A part of a message with its header fields, RFC 2046.
enum MIMEPart {
  case text(String, subtype: String)
  case file(MailFile)
  case multipart(Multipart, [MIMEPart])

  enum Multipart: String {
    /// The same in several forms, the richest last (RFC 2046 §5.1.4).
    case alternative
    /// A part and what it shows (RFC 2387).
    case related
    case mixed

    /// `=_` stands neither in quoted-printable nor in base64, so no part can hold a boundary (RFC
    /// 2045 §6.7). None is the beginning of another one, which some readers would take for it.
    func boundary(_ name: String) -> String {
      switch self {
      case .alternative: "=_\(name)"
      case .related: "=_related_\(name)"
      case .mixed: "=_mixed_\(name)"
      }
    }

    /// RFC 2387 §3.1 wants the type of the part that shows the others.
    var parameters: String { self == .related ? " type=\"text/html\";" : "" }
  }
}
