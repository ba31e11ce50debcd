public import PasswordReset
public import Transfer

/// SHA-256 of what the function it is given returns, one after the other, until that returns nil.
public typealias PayloadHash = @Sendable (_ next: () -> [UInt8]?) -> [UInt8]

extension TransportURL {
  /// The transport that the URL describes. Files with keys are read here and now.
  ///
  /// - Parameters:
  ///   - ehloName: what to greet mail servers with where the URL gives nothing; a name that may be
  ///     seen by everybody, since receivers write it into the mail.
  ///   - smtpUTF8: whether addresses with a non-ASCII local part may go out (RFC 6531).
  ///   - mayReachPrivate: whether an HTTP API may be at a loopback, link-local or private address.
  ///     Mail servers may always.
  ///   - hash: for the signature that Amazon wants.
  ///   - clock: for the time in signatures, and for `Retry-After` with a date.
  /// - Throws: `.secretFile` with the first file that cannot be used.
  public func transport(
    ehloName: String, smtpUTF8: Bool, mayReachPrivate: Bool,
    hash: @escaping PayloadHash, clock: any DatabaseClock,
    through loop: TransferLoop
  ) throws(MailingError) -> any MailTransport {
    switch target {
    case .smtp(let settings):
      if let file = settings.passwordFile { _ = try SecretFile.text(file, .passwordFile) }
      return SMTPTransport(self, settings, ehloName: ehloName, smtpUTF8: smtpUTF8) { transfer in
        await loop.perform(transfer)
      }
    case .api(let origin, let settings):
      let endpoint = APIEndpoint(origin, timeout: timeout, mayReachPrivate: mayReachPrivate)
      return HTTPMailTransport(
        try settings.api(at: endpoint, hash: hash, clock: clock), smtpUTF8: smtpUTF8, clock: clock
      ) { call throws(TransferError) in
        try await loop.perform(call)
      }
    }
  }
}

extension APISettings {
  fileprivate func api(
    at endpoint: APIEndpoint, hash: @escaping PayloadHash, clock: any DatabaseClock
  ) throws(MailingError) -> any MailAPI {
    switch provider {
    case .sendGrid(let key): SendGrid(endpoint: endpoint, key: try key.read())
    case .mailgun(let key, let domain):
      Mailgun(endpoint: endpoint, key: try key.read(), domain: domain)
    case .postmark(let key, let stream):
      Postmark(endpoint: endpoint, token: try key.read(), stream: stream)
    case .resend(let key): Resend(endpoint: endpoint, key: try key.read())
    case .ses(let settings):
      AmazonSES(
        endpoint: endpoint, settings: settings, secret: try settings.secret.read(),
        sessionToken: try settings.sessionToken(), hash: hash)
    case .webhook(let path, let file):
      MailWebhook(
        endpoint: endpoint, path: path, secrets: try Self.secrets(file), clock: clock)
    }
  }

  private static func secrets(_ path: String) throws(MailingError) -> WebhookSecrets {
    let text = try SecretFile.text(path, .secretFile)
    do throws(WebhookSecrets.Problem) { return try WebhookSecrets(file: text) } catch {
      throw .secretFile(
        option: TransportOption.secretFile.rawValue, path: path, problem: error.description)
    }
  }
}

extension APISettings.KeySource {
  fileprivate func read() throws(MailingError) -> SecretText {
    switch self {
    case .text(let key): key
    case .file(let path): try SecretFile.key(path, .keyFile)
    }
  }
}

extension APISettings.SESSettings {
  fileprivate func sessionToken() throws(MailingError) -> SecretText? {
    guard let path = sessionTokenFile else { return nil }
    return try SecretFile.key(path, .sessionTokenFile)
  }
}
