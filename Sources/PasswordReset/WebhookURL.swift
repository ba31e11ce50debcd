/// Where signed calls to the main app go: `https`, or `http` on this machine.
public struct WebhookURL: Sendable, Equatable {
  /// A sentence without its full stop, safe to show.
  public struct Problem: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String
  }

  public let text: String

  /// - Throws: the first thing that is wrong; nothing of the URL is quoted.
  public init(_ text: String) throws(Problem) {
    let bytes = Array(text.utf8)
    guard bytes.count <= 2048, bytes.allSatisfy({ (0x21...0x7e).contains($0) }),
      !bytes.contains(UInt8(ascii: "#"))
    else {
      throw Problem(
        description: "must be ASCII without spaces and #, and have at most 2048 characters")
    }
    let isSecure = Self.begins(bytes, with: "https://")
    guard isSecure || Self.begins(bytes, with: "http://") else {
      throw Problem(description: "must begin with https://")
    }
    let authority = bytes.dropFirst(isSecure ? 8 : 7)
      .prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
    guard !authority.contains(UInt8(ascii: "@")) else {
      throw Problem(description: "must not have a user or password; calls are signed")
    }
    let host = Self.host(authority)
    guard !host.isEmpty else { throw Problem(description: "has no host") }
    guard isSecure || LoopbackHost.contains(String(decoding: host, as: UTF8.self)) else {
      throw Problem(description: "must begin with https:// unless the host is this machine")
    }
    self.text = text
  }

  private static func begins(_ bytes: [UInt8], with scheme: String) -> Bool {
    bytes.prefix(scheme.utf8.count).map(\.asciiLowercased).elementsEqual(scheme.utf8)
  }

  /// Without its port and brackets.
  private static func host(_ authority: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    if authority.first == UInt8(ascii: "["),
      let end = authority.firstIndex(of: UInt8(ascii: "]"))
    {
      let address = authority[..<end].dropFirst()
      return address.contains(UInt8(ascii: ":")) ? address : []
    }
    return authority.prefix { $0 != UInt8(ascii: ":") }
  }
}
