/// The kinds of transport, as their URLs begin.
enum TransportScheme: String, CaseIterable {
  case smtp, smtps, sendgrid, mailgun, postmark, resend, ses
  case webhook = "webhook+https"

  var isSMTP: Bool { self == .smtp || self == .smtps }

  /// What may stand after the `?`.
  var options: [TransportOption] {
    switch self {
    case .smtp, .smtps: [.tls, .ca, .ehlo, .timeout, .auth, .passwordFile]
    case .sendgrid, .resend: [.keyFile, .ca, .timeout, .tls]
    case .mailgun: [.domain, .keyFile, .ca, .timeout, .tls]
    case .postmark: [.stream, .keyFile, .ca, .timeout, .tls]
    case .ses:
      [.region, .configurationSet, .sessionTokenFile, .keyFile, .ca, .timeout, .tls]
    case .webhook: [.secretFile, .ca, .timeout, .tls]
    }
  }

  /// Where a provider's own API is; nil where the URL has to say it.
  func usualHost(region: String?) -> String? {
    switch self {
    case .sendgrid: "api.sendgrid.com"
    case .mailgun: "api.mailgun.net"
    case .postmark: "api.postmarkapp.com"
    case .resend: "api.resend.com"
    case .ses: region.map { "email.\($0).amazonaws.com" }
    case .smtp, .smtps, .webhook: nil
    }
  }
}

/// The parameters of transport URLs.
enum TransportOption: String {
  case tls, ca, ehlo, timeout, auth, domain, stream, region
  case passwordFile = "password_file"
  case keyFile = "key_file"
  case secretFile = "secret_file"
  case configurationSet = "configuration_set"
  case sessionTokenFile = "session_token_file"

  /// What a value must be; nil if this one is.
  func problem(with value: String) -> String? {
    switch self {
    case .tls: ["none", "required"].contains(value) ? nil : "is none or required"
    case .auth:
      ["plain", "login", "xoauth2"].contains(value) ? nil : "is plain, login or xoauth2"
    case .timeout: TransportOptions.timeout(value) == nil ? "is a time from 1s to 15m" : nil
    case .ehlo:
      // RFC 5321 §4.1.3 and §4.1.2, as bytes that can do no harm in a command.
      Self.consists(value, of: "-.:[]", atMost: 255)
        ? nil : "is a host name or an address in brackets"
    case .domain: Self.consists(value, of: "-.", atMost: 253) ? nil : "is a domain name"
    case .region: Self.consists(value, of: "-", atMost: 32) ? nil : "is a name such as eu-west-1"
    case .stream, .configurationSet:
      Self.consists(value, of: "-_", atMost: 64)
        ? nil : "has 1 to 64 letters, digits, hyphens and underscores"
    case .ca, .passwordFile, .keyFile, .secretFile, .sessionTokenFile: nil
    }
  }

  /// Letters, digits and some signs.
  private static func consists(_ value: String, of signs: String, atMost limit: Int) -> Bool {
    (1...limit).contains(value.utf8.count)
      && value.utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x61...0x7a).contains($0 | 0x20) || signs.utf8.contains($0)
      }
  }
}
