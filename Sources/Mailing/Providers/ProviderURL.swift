internal import Formats
internal import PasswordReset

/// A transport URL as its provider reads it. No message quotes the text: an unescaped `?` or `#` in
/// a password would put a part of it anywhere.
struct ProviderURL {
  let kind: any MailProvider.Type
  let scheme: String
  let user: String?
  let password: String?
  let host: HostName?
  let port: UInt16?
  /// With its slash, or empty.
  let path: String
  let options: ProviderOptions

  init(_ text: String) throws(MailingError) {
    let parts: URLParts
    do { parts = try URLParts(text) } catch { throw Self.help(error, for: text) }
    kind = try Providers.named(parts.scheme)
    guard parts.fragment == nil else { throw Self.help(forSign: "#") }
    guard kind.hasPath || ["", "/"].contains(parts.path) else {
      throw .transportURL(
        problem: "a path is not allowed; in a password or key / is written as %2F")
    }
    options = try ProviderOptions(parts.query, allowed: kind.options)
    scheme = parts.scheme
    (user, password) = (parts.user, parts.password)
    (host, port) = (parts.host, parts.port)
    path = parts.path
  }

  /// What an operator can do about it.
  private static func help(_ problem: URLParts.Problem, for text: String) -> MailingError {
    switch problem {
    case .characters:
      return .transportURL(
        problem: "spaces, backslashes, control and non-ASCII characters must be written as %XX")
    case .scheme: return Providers.unknownScheme
    case .severalAts:
      return .transportURL(problem: "@ in a user, password or key is written as %40")
    case .emptyUser:
      return .transportURL(problem: "before the @ stands nothing, or nothing beside the colon")
    case .userEscape:
      return .transportURL(
        problem: "the user, password or key has a % that is not followed by the two "
          + "hexadecimal digits of a character; % itself is written as %25")
    case .host, .port:
      if let sign = unescapedSign(in: text) { return help(forSign: sign) }
      return .transportURL(
        problem: problem == .host
          ? "the host is no name or address" : "the port is a number from 1 to 65535")
    }
  }

  /// Where it ends the authority too early, the host or port that is wrong is a part of a password.
  private static func unescapedSign(in text: String) -> Unicode.Scalar? {
    let rest = text.unicodeScalars.drop { $0 != "/" }.dropFirst(2)
    guard let end = rest.firstIndex(where: { "/?#".unicodeScalars.contains($0) }) else {
      return nil
    }
    return rest[end] == "#" || rest[end...].contains("@") ? rest[end] : nil
  }

  private static func help(forSign sign: Unicode.Scalar) -> MailingError {
    let escape = sign == "#" ? "%23" : sign == "?" ? "%3F" : "%2F"
    return .transportURL(
      problem: "\(sign) is not allowed; in a password or key it is written as \(escape)")
  }
}

/// What stands after the `?`. Every parameter once at most.
struct ProviderOptions {
  private var values: [String: String] = [:]

  init(_ query: String?, allowed: [ProviderOption]) throws(MailingError) {
    let pairs = query?.utf8.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false)
    for pair in pairs ?? [] {
      let parts = pair.split(
        separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      guard let option = allowed.first(where: { $0.name.utf8.elementsEqual(parts[0]) }) else {
        let names = Providers.listed(allowed.map(\.name), before: "and")
        throw .transportURL(problem: "a parameter is not one of \(names)")
      }
      guard values[option.name] == nil else {
        throw .transportURL(problem: "\(option.name) is given twice")
      }
      guard parts.count == 2, let value = PercentEncoding.decode(parts[1]), !value.isEmpty else {
        throw .transportURL(problem: "\(option.name) has no readable value")
      }
      if let problem = option.problem(with: value) {
        throw .transportURL(problem: "\(option.name) \(problem)")
      }
      values[option.name] = value
    }
  }

  subscript(option: ProviderOption) -> String? { values[option.name] }

  /// Nil where the URL leaves it open.
  var wantsTLS: Bool? { self[.tls].map { $0 == "required" } }

  func timeout(or usual: WholeDuration) -> WholeDuration {
    self[.timeout].flatMap(WholeDuration.init) ?? usual
  }
}
