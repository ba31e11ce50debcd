public import Formats

/// What is personal in a request. It is stored only sealed.
public struct RequestDetails: Sendable, Equatable {
  /// What the person typed.
  public let email: EmailAddress
  public let claim: AccountClaim
  public let locale: LanguageTag?
  /// For the mail's template; an object of at most 4 KiB.
  public let data: JSON?

  public init(email: EmailAddress, claim: AccountClaim, locale: LanguageTag?, data: JSON?) {
    self.email = email
    self.claim = claim
    self.locale = locale
    self.data = data
  }

  /// Where the mail goes: the account's stored address, or the typed one where nobody was asked.
  public var mailedTo: EmailAddress {
    if case .known(let account) = claim { account.email } else { email }
  }

  public var account: Account? {
    if case .known(let account) = claim { account } else { nil }
  }

  /// In which language its people are told: as the account says, or else as was asked.
  public var readerLocale: LanguageTag? { account?.locale ?? locale }

  /// The same request with the directory's answer.
  public func naming(_ account: Account) -> RequestDetails {
    RequestDetails(email: email, claim: .known(account), locale: locale, data: data)
  }
}

extension RequestDetails {
  /// Sealed rows grow in steps of this many bytes, so that their length tells no address.
  private static let step = 256

  /// JSON, padded with spaces to a multiple of 256 bytes.
  var bytes: [UInt8] {
    var members: [(key: String, value: JSON)] = [("email", .string(email.text))]
    switch claim {
    case .known(let account): members.append(("account", account.json))
    case .none: members.append(("account", .null))
    case .unasked: break
    }
    if let locale { members.append(("locale", .string(locale.text))) }
    if let data { members.append(("data", data)) }
    let text = Array(JSON.object(JSONObject(members)).serialized().utf8)
    return text + [UInt8](repeating: 0x20, count: (Self.step - text.count % Self.step) % Self.step)
  }

  /// Reads what `bytes` wrote; nil for anything else. Addresses were accepted when they were
  /// written, so the policy only has to be as wide as any that was ever configured.
  init?(bytes: [UInt8], domains: any DomainEncoding) {
    let policy = EmailAddress.Policy(smtpUTF8: true, domains: domains)
    guard let json = try? JSON(parsing: bytes, maximumDepth: 16), let object = json.object,
      let typed = object["email"]?.string, let email = try? EmailAddress(typed, policy: policy)
    else { return nil }
    let claim: AccountClaim
    switch object["account"] {
    case nil: claim = .unasked
    case .some(.null): claim = .none
    case .some(let value):
      guard let account = Account(json: value, policy: policy) else { return nil }
      claim = .known(account)
    }
    self.init(
      email: email, claim: claim, locale: object["locale"]?.string.flatMap(LanguageTag.init),
      data: object["data"])
  }
}

extension Account {
  /// The members that are set: `id`, `email`, `locale`, `version`.
  public var json: JSON {
    var members: [(key: String, value: JSON)] = [
      ("id", .string(id)), ("email", .string(email.text)),
    ]
    if let locale { members.append(("locale", .string(locale.text))) }
    if let version { members.append(("version", .string(version))) }
    return .object(JSONObject(members))
  }

  fileprivate init?(json: JSON, policy: EmailAddress.Policy) {
    guard let object = json.object, let id = object["id"]?.string,
      let email = object["email"]?.string.flatMap({ try? EmailAddress($0, policy: policy) })
    else { return nil }
    self.init(
      id: id, email: email, locale: object["locale"]?.string.flatMap(LanguageTag.init),
      version: object["version"]?.string)
  }
}
