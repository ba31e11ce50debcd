/// An absolute URL with an authority, RFC 3986 §3, taken apart strictly: nothing in it may mean
/// something else to another reader.
public struct URLParts: Sendable, Hashable {
  /// Why a text is none. Quotes nothing of it, for it may hold a password.
  public enum Problem: Error, Sendable, Equatable {
    /// Something but visible ASCII, or a backslash, which browsers take for a slash.
    case characters
    /// No `scheme://`.
    case scheme
    /// More than one `@`.
    case severalAts
    /// Nothing before the `@`, or nothing on one side of its colon.
    case emptyUser
    /// A `%` without two digits, or one that stands for a control character.
    case userEscape
    case host
    /// Not 1 to 65535.
    case port
  }

  /// In lower case.
  public let scheme: String
  /// Percent-decoded, as the password is.
  public let user: String?
  public let password: String?
  /// Nil where the authority names none.
  public let host: HostName?
  public let port: UInt16?
  /// With its slash, or empty.
  public let path: String
  /// Without its `?`.
  public let query: String?
  /// Without its `#`.
  public let fragment: String?

  public init(_ text: some StringProtocol) throws(Problem) {
    let bytes = Array(text.utf8)
    guard bytes.allSatisfy({ $0.isVisibleASCII && $0 != UInt8(ascii: "\\") }) else {
      throw .characters
    }
    guard let mark = bytes[...].firstRange(of: "://"), Self.isScheme(bytes[..<mark]) else {
      throw .scheme
    }
    scheme = Self.text(bytes[..<mark]).asciiLowercased
    var rest = bytes[(mark + 3)...]
    fragment = Self.cut("#", from: &rest)
    query = Self.cut("?", from: &rest)
    let authority = rest.prefix { $0 != UInt8(ascii: "/") }
    path = Self.text(rest[authority.endIndex...])
    let parts = authority.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
    guard let place = parts.last, parts.count <= 2 else { throw .severalAts }
    (user, password) = parts.count == 2 ? try Self.login(parts[0]) : (nil, nil)
    (host, port) = try Self.place(place)
  }

  /// RFC 3986 §3.1.
  private static func isScheme(_ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.first?.isASCIILetter == true
      && bytes.allSatisfy { $0.isASCIIAlphanumeric || "+-.".utf8.contains($0) }
  }

  /// Takes away what follows the first of this sign, and the sign.
  private static func cut(_ sign: Unicode.Scalar, from rest: inout ArraySlice<UInt8>) -> String? {
    guard let index = rest.firstIndex(of: UInt8(ascii: sign)) else { return nil }
    defer { rest = rest[..<index] }
    return text(rest[(index + 1)...])
  }

  private static func login(
    _ login: ArraySlice<UInt8>
  ) throws(Problem) -> (user: String?, password: String?) {
    let parts = login.split(
      separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.allSatisfy({ !$0.isEmpty }) else { throw .emptyUser }
    let texts = parts.compactMap { PercentEncoding.decode($0) }
    guard texts.count == parts.count else { throw .userEscape }
    return (texts.first, texts.count == 2 ? texts.last : nil)
  }

  private static func place(
    _ place: ArraySlice<UInt8>
  ) throws(Problem) -> (host: HostName?, port: UInt16?) {
    guard !place.isEmpty else { return (nil, nil) }
    let text = text(place)
    guard let parsed = HostPort(text, portRequired: false) else {
      // Whose fault it is: without the port it would be a host, or not.
      let name =
        place.firstIndex(of: UInt8(ascii: "]")).map { place[...$0] }
        ?? place.prefix { $0 != UInt8(ascii: ":") }
      throw HostPort(Self.text(name), portRequired: false) == nil ? .host : .port
    }
    guard parsed.port != 0 else { throw .port }
    return (parsed.host, parsed.port)
  }

  private static func text(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes, as: UTF8.self)
  }
}
