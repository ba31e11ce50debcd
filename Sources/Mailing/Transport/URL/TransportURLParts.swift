/// A transport URL, RFC 3986 §3, taken apart. No message quotes the text: an unescaped `?` or `#`
/// in a password would put a part of it anywhere.
struct TransportURLParts {
  let scheme: TransportScheme
  let authority: ArraySlice<UInt8>
  /// With its slash; empty but for webhooks.
  let path: ArraySlice<UInt8>
  /// Without its `?`.
  let query: ArraySlice<UInt8>?

  init(_ text: String) throws(MailingError) {
    let bytes = Array(text.utf8)
    guard bytes.allSatisfy({ (0x21...0x7e).contains($0) }) else {
      throw .transportURL(
        problem: "spaces, control and non-ASCII characters must be written as %XX")
    }
    let end = bytes[...].firstRange(of: "://")
    let name = end.map { String(decoding: bytes[..<$0], as: UTF8.self).lowercased() }
    guard let end, let scheme = name.flatMap(TransportScheme.init) else {
      throw Self.unknownScheme
    }
    self.scheme = scheme
    let rest = bytes[(end + 3)...]
    guard !rest.contains(UInt8(ascii: "#")) else {
      throw .transportURL(problem: "# is not allowed; in a password or key it is written as %23")
    }
    let query = rest.firstIndex(of: UInt8(ascii: "?"))
    self.query = query.map { rest[($0 + 1)...] }
    let place = rest[..<(query ?? rest.endIndex)]
    authority = place.prefix { $0 != UInt8(ascii: "/") }
    path = try Self.path(place[authority.endIndex...], scheme)
  }

  private static func path(
    _ path: ArraySlice<UInt8>, _ scheme: TransportScheme
  ) throws(MailingError) -> ArraySlice<UInt8> {
    if scheme == .webhook { return path }
    guard path.count <= 1 else {
      throw .transportURL(
        problem: "a path is not allowed; in a password or key / is written as %2F")
    }
    return []
  }

  private static let unknownScheme = MailingError.transportURL(
    problem: "it must begin with smtp://, smtps://, sendgrid://, mailgun://, postmark://, "
      + "resend://, ses:// or webhook+https://")
}
