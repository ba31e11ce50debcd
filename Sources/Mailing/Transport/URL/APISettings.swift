internal import PasswordReset

/// What the URL of an HTTP API says beside the host.
struct APISettings: Sendable, Hashable {
  /// Where a key is.
  enum KeySource: Sendable, Hashable {
    case text(SecretText)
    case file(String)
  }

  enum Provider: Sendable, Hashable {
    case sendGrid(KeySource)
    case mailgun(KeySource, domain: String)
    case postmark(KeySource, stream: String?)
    case resend(KeySource)
    case ses(SESSettings)
    /// - path: with its slash.
    case webhook(path: SecretText, secretFile: String)
  }

  struct SESSettings: Sendable, Hashable {
    let accessKeyID: SecretText
    let secret: KeySource
    let region: String
    let configurationSet: String?
    let sessionTokenFile: String?
  }

  let provider: Provider
  /// The host where the URL names none.
  let usualHost: String?

  init(
    _ parts: TransportURLParts, _ authority: TransportAuthority, _ options: TransportOptions
  ) throws(MailingError) {
    let region = try Self.region(parts.scheme, authority, options)
    usualHost = parts.scheme.usualHost(region: region)
    switch parts.scheme {
    case .sendgrid: provider = .sendGrid(try Self.key(authority, options))
    case .resend: provider = .resend(try Self.key(authority, options))
    case .postmark:
      provider = .postmark(try Self.key(authority, options), stream: options[.stream])
    case .mailgun:
      guard let domain = options[.domain] else {
        throw .transportURL(problem: "mailgun:// needs domain")
      }
      provider = .mailgun(try Self.key(authority, options), domain: domain)
    case .ses:
      provider = .ses(
        SESSettings(
          accessKeyID: try Self.accessKeyID(authority),
          secret: try Self.source(authority.password, options, "the secret stands after the colon"),
          region: region ?? "", configurationSet: options[.configurationSet],
          sessionTokenFile: options[.sessionTokenFile]))
    case .webhook, .smtp, .smtps:
      provider = try Self.webhook(parts, authority, options)
    }
  }

  private static func key(
    _ authority: TransportAuthority, _ options: TransportOptions
  ) throws(MailingError) -> KeySource {
    guard authority.password == nil else {
      throw .transportURL(
        problem: "before the @ stands the key alone; a colon in it is written as %3A")
    }
    return try source(authority.user, options, "the key stands before an @")
  }

  private static func source(
    _ text: String?, _ options: TransportOptions, _ place: String
  ) throws(MailingError) -> KeySource {
    switch (text, options[.keyFile]) {
    case (let text?, nil): return .text(try SecretText(checking: text))
    case (nil, let file?): return .file(file)
    case (nil, nil): throw .transportURL(problem: "\(place), or in key_file")
    case (_?, _?): throw .transportURL(problem: "\(place) or in key_file, not both")
    }
  }

  private static func accessKeyID(
    _ authority: TransportAuthority
  ) throws(MailingError) -> SecretText {
    guard let user = authority.user else {
      throw .transportURL(problem: "the access key id stands before the @")
    }
    return try SecretText(checking: user)
  }

  /// Given, or the one in the name of Amazon's own host.
  private static func region(
    _ scheme: TransportScheme, _ authority: TransportAuthority, _ options: TransportOptions
  ) throws(MailingError) -> String? {
    guard scheme == .ses else { return nil }
    let labels = (authority.host ?? "").lowercased()
      .split(separator: ".", omittingEmptySubsequences: false)
    let named =
      labels.count == 4 && labels[0] == "email"
        && labels[2...].elementsEqual(["amazonaws", "com"]) ? String(labels[1]) : nil
    guard let region = options[.region] ?? named else {
      throw .transportURL(problem: "ses:// needs region, or email.REGION.amazonaws.com as host")
    }
    guard named == nil || named == region else {
      throw .transportURL(problem: "region is not that of the host")
    }
    return region
  }

  private static func webhook(
    _ parts: TransportURLParts, _ authority: TransportAuthority, _ options: TransportOptions
  ) throws(MailingError) -> Provider {
    guard authority.user == nil else {
      throw .transportURL(problem: "a webhook has no user; calls are signed")
    }
    guard let file = options[.secretFile] else {
      throw .transportURL(problem: "webhook+https:// needs secret_file")
    }
    let path = parts.path.isEmpty ? "/" : String(decoding: parts.path, as: UTF8.self)
    return .webhook(path: SecretText(path), secretFile: file)
  }
}
