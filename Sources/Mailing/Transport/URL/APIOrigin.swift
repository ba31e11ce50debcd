internal import Formats
internal import PasswordReset

/// Where an HTTP API is.
struct APIOrigin: Sendable, Hashable {
  /// Without brackets.
  let host: String
  let port: UInt16?
  let isPlain: Bool
  let caFile: String?

  init(
    _ settings: APISettings, _ authority: TransportAuthority, _ options: TransportOptions
  ) throws(MailingError) {
    guard let host = authority.host ?? settings.usualHost else {
      throw .transportURL(problem: "the host is no name or address")
    }
    self.host = host
    port = authority.port
    isPlain = options.wantsTLS == false
    caFile = options[.ca]
    guard !isPlain || HostName(host)?.isThisMachine == true else {
      throw .transportURL(problem: "tls=none goes only with a host that is this machine")
    }
    guard !isPlain || caFile == nil else {
      throw .transportURL(problem: "ca is of no use without TLS")
    }
  }

  /// Scheme, host and port.
  var url: String { "\(isPlain ? "http" : "https")://\(place)" }

  var description: String { place + (isPlain ? "?tls=none" : "") }

  private var place: String {
    let name = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
    return name + (port.map { ":\($0)" } ?? "")
  }
}
