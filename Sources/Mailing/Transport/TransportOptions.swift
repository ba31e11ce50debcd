internal import PasswordReset
internal import Transfer

/// What stands after the `?`. Every parameter once at most.
struct TransportOptions {
  private enum Name: String, CaseIterable {
    case tls, ca, ehlo, timeout
  }

  private static let timeouts = WholeDuration(seconds: 1)...WholeDuration(seconds: 900)
  private static let usualTimeout = WholeDuration(seconds: 360)

  private(set) var ehloName: String?
  private(set) var caFile: String?
  private(set) var timeout = usualTimeout
  private var wantsTLS: Bool?

  init(query: ArraySlice<UInt8>?) throws(MailingError) {
    var seen: Set<Name> = []
    for pair in query?.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false) ?? [] {
      let parts = pair.split(
        separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = Name(rawValue: String(decoding: parts[0], as: UTF8.self)) else {
        throw .transportURL(problem: "a parameter is not one of tls, ca, ehlo and timeout")
      }
      guard seen.insert(name).inserted else {
        throw .transportURL(problem: "\(name.rawValue) is given twice")
      }
      guard parts.count == 2, let value = PercentDecoding.decode(parts[1]), !value.isEmpty else {
        throw .transportURL(problem: "\(name.rawValue) has no readable value")
      }
      try set(name, value)
    }
  }

  private mutating func set(_ name: Name, _ value: String) throws(MailingError) {
    switch name {
    case .tls:
      guard value == "none" || value == "required" else {
        throw .transportURL(problem: "tls is none or required")
      }
      wantsTLS = value == "required"
    case .ca:
      caFile = value
    case .ehlo:
      guard Self.isGreeting(value) else {
        throw .transportURL(problem: "ehlo is a host name or an address in brackets")
      }
      ehloName = value
    case .timeout:
      guard let duration = WholeDuration(value), Self.timeouts.contains(duration) else {
        throw .transportURL(problem: "timeout is a time from 1s to 15m")
      }
      timeout = duration
    }
  }

  /// RFC 5321 §4.1.3 and §4.1.2, as bytes that can do no harm in a command.
  private static func isGreeting(_ name: String) -> Bool {
    (1...255).contains(name.utf8.count)
      && name.utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x61...0x7a).contains($0 | 0x20)
          || "-.:[]".utf8.contains($0)
      }
  }

  func protection(
    _ scheme: TransportScheme, isLoopback: Bool
  ) throws(MailingError) -> SMTPEndpoint.Protection {
    if scheme == .smtps {
      guard wantsTLS != false else {
        throw .transportURL(problem: "smtps:// always has TLS; tls=none goes with smtp://")
      }
      return .implicit
    }
    if wantsTLS ?? !isLoopback { return .required }
    guard caFile == nil else { throw .transportURL(problem: "ca is of no use without TLS") }
    return .none
  }
}
