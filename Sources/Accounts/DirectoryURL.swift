/// Where a directory answers: `https`, or `http` on this machine.
public struct DirectoryURL: Sendable, Equatable {
  let text: String

  /// - Throws: `.url` with the first thing that is wrong.
  public init(_ text: String) throws(AccountsError) {
    let bytes = Array(text.utf8)
    guard bytes.count <= 2048, bytes.allSatisfy({ (0x21...0x7e).contains($0) }),
      !bytes.contains(UInt8(ascii: "#"))
    else {
      throw .url(problem: "must be ASCII without spaces and #, and have at most 2048 characters")
    }
    let isSecure = Self.begins(bytes, with: "https://")
    guard isSecure || Self.begins(bytes, with: "http://") else {
      throw .url(problem: "must begin with https://")
    }
    let authority = bytes.dropFirst(isSecure ? 8 : 7)
      .prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
    guard !authority.contains(UInt8(ascii: "@")) else {
      throw .url(problem: "must not have a user or password; calls are signed")
    }
    guard !Self.host(authority).isEmpty else { throw .url(problem: "has no host") }
    guard isSecure || Self.isLoopback(Self.host(authority)) else {
      throw .url(problem: "must begin with https:// unless the host is this machine")
    }
    self.text = text
  }

  private static func begins(_ bytes: [UInt8], with scheme: String) -> Bool {
    bytes.prefix(scheme.utf8.count).map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }
      .elementsEqual(scheme.utf8)
  }

  /// Without its port.
  private static func host(_ authority: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    if authority.first == UInt8(ascii: "["),
      let end = authority.firstIndex(of: UInt8(ascii: "]"))
    {
      return authority[...end]
    }
    return authority.prefix { $0 != UInt8(ascii: ":") }
  }

  /// RFC 6761 §6.3, RFC 1122 §3.2.1.3 and RFC 4291 §2.5.3.
  private static func isLoopback(_ host: ArraySlice<UInt8>) -> Bool {
    let name = String(decoding: host, as: UTF8.self).lowercased()
    if name == "localhost" || name == "[::1]" { return true }
    let numbers = host.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return numbers.count == 4 && numbers[0].elementsEqual("127".utf8)
      && numbers.allSatisfy { number in
        number.allSatisfy { (0x30...0x39).contains($0) }
          && UInt8(String(decoding: number, as: UTF8.self)) != nil
      }
  }
}
