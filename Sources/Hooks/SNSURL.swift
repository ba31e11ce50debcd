internal import Formats

/// The two kinds of URL in SNS messages that are called, both only at SNS's own hosts: a URL that
/// anybody may send must not make this service call whom it names.
enum SNSURL {
  /// `https://sns.<region>.amazonaws.com[.cn]/<name>.pem`, without port, user, query or fragment: a
  /// query would let the API behind that host answer what was asked of it.
  static func isCertificate(_ url: String) -> Bool {
    guard let parts = parts(of: url), parts.query == nil else { return false }
    let path = parts.path.utf8
    let (name, suffix) = (path.dropFirst().dropLast(4), path.suffix(4))
    return suffix.elementsEqual(".pem".utf8) && (1...200).contains(name.count)
      && name.allSatisfy { $0.isASCIIAlphanumeric || [45, 95].contains($0) }
  }

  /// `https://sns.<region>.amazonaws.com[.cn]/?…`.
  static func isSubscription(_ url: String) -> Bool {
    guard url.utf8.count <= 4096, let parts = parts(of: url) else { return false }
    return parts.path == "/" && parts.query != nil
  }

  /// Nil for another host.
  private static func parts(of url: String) -> URLParts? {
    guard url.utf8.starts(with: "https://".utf8), let parts = try? URLParts(url), parts.user == nil,
      parts.port == nil, parts.fragment == nil, let host = parts.host?.text.utf8,
      host.starts(with: "sns.".utf8)
    else { return nil }
    let rest = host.dropFirst(4)
    let region = rest.prefix { $0 != UInt8(ascii: ".") }
    let domain = rest.dropFirst(region.count)
    guard (3...32).contains(region.count),
      region.allSatisfy({ $0.isASCIIAlphanumeric && $0 == $0.asciiLowercased || $0 == 45 }),
      [".amazonaws.com", ".amazonaws.com.cn"].contains(where: { domain.elementsEqual($0.utf8) })
    else { return nil }
    return parts
  }
}
