/// The two kinds of URL in SNS messages that are called, both only at SNS's own hosts: a URL that
/// anybody may send must not make this service call whom it names.
enum SNSURL {
  /// `https://sns.<region>.amazonaws.com[.cn]/<name>.pem`, without port, user, query or fragment: a
  /// query would let the API behind that host answer what was asked of it.
  static func isCertificate(_ url: String) -> Bool {
    guard let path = path(of: url) else { return false }
    let (name, suffix) = (path.dropLast(4), path.suffix(4))
    return suffix.elementsEqual(".pem".utf8) && !name.isEmpty && name.count <= 200
      && name.allSatisfy { isLetterOrDigit($0) || [45, 95].contains($0) }
  }

  /// `https://sns.<region>.amazonaws.com[.cn]/?…` in visible ASCII.
  static func isSubscription(_ url: String) -> Bool {
    guard let path = path(of: url) else { return false }
    return path.first == UInt8(ascii: "?") && path.count <= 4096
      && path.allSatisfy { (0x21...0x7e).contains($0) && !"#\\".utf8.contains($0) }
  }

  /// What follows the host and its slash; nil for another host.
  private static func path(of url: String) -> ArraySlice<UInt8>? {
    let bytes = Array(url.utf8)
    let scheme = Array("https://sns.".utf8)
    guard bytes.starts(with: scheme),
      let slash = bytes[scheme.count...].firstIndex(of: UInt8(ascii: "/"))
    else { return nil }
    let host = bytes[scheme.count..<slash]
    let region = host.prefix { $0 != UInt8(ascii: ".") }
    let domain = host.dropFirst(region.count)
    guard (3...32).contains(region.count),
      region.allSatisfy({ (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }),
      [".amazonaws.com", ".amazonaws.com.cn"].contains(where: { domain.elementsEqual($0.utf8) })
    else { return nil }
    return bytes[(slash + 1)...]
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    (97...122).contains(byte | 0x20) || (48...57).contains(byte)
  }
}
