/// An absolute http or https URL without user or password; http only where the host is this machine.
/// What goes there may be secret, and links are built from it.
public struct WebURL: Sendable, Hashable {
  /// A sentence without subject and full stop, safe to show: nothing of the URL is quoted.
  public struct Problem: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String
  }

  private static let limit = 2048

  public let host: HostName
  public let port: UInt16?
  public let isSecure: Bool
  /// With its slash, or empty.
  public let path: String
  public let query: String?
  public let fragment: String?
  /// As it was written.
  public let text: String

  /// - Throws: the first thing that is wrong.
  public init(_ text: String) throws(Problem) {
    guard text.utf8.count <= Self.limit else {
      throw Problem(description: "must have at most \(Self.limit) characters")
    }
    let parts: URLParts
    do { parts = try URLParts(text) } catch { throw Problem(error) }
    guard ["http", "https"].contains(parts.scheme) else { throw Problem(.scheme) }
    guard parts.user == nil else { throw Problem(description: "must not have a user or password") }
    guard let host = parts.host else { throw Problem(description: "has no host") }
    isSecure = parts.scheme == "https"
    guard isSecure || host.isThisMachine else {
      throw Problem(description: "must begin with https:// unless the host is this machine")
    }
    guard !parts.path.split(separator: "/").contains(where: Self.isStep) else {
      throw Problem(description: "must not have . or .. as a part of its path")
    }
    self.host = host
    (port, path) = (parts.port, parts.path)
    (query, fragment) = (parts.query, parts.fragment)
    self.text = text
  }

  /// `.` or `..`, escaped or not, as the WHATWG URL standard takes them.
  private static func isStep(_ segment: Substring) -> Bool {
    let plain = String(segment).asciiLowercased.replacing("%2e", with: ".")
    return plain == "." || plain == ".."
  }
}

extension WebURL.Problem {
  init(_ problem: URLParts.Problem) {
    description =
      switch problem {
      case .characters: "must be visible ASCII characters without spaces and backslashes"
      case .scheme: "must begin with https://"
      case .severalAts, .emptyUser, .userEscape: "must not have a user or password"
      case .host: "has no host that is a name or an address"
      case .port: "must have a port from 1 to 65535, if it has one"
      }
  }
}
