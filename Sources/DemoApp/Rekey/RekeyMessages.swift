// The JSON of Rekey's calls, as far as this app uses it.

/// An account as this app tells it to Rekey.
struct RekeyAccount: Codable, Sendable, Equatable {
  let id: String
  var email: String?
  var locale: String?
  /// Opaque to Rekey; here the count of password changes.
  var version: String?

  init(_ account: Account) {
    id = account.id
    email = account.email
    locale = account.locale
    version = String(account.passwordVersion)
  }
}

/// `POST /reset/request`.
struct ResetRequest: Encodable {
  struct Client: Encodable {
    let ip: String
  }

  let email: String
  /// Nil says "I have looked, there is none" and is sent as `null`. A missing field would mean
  /// "look yourself".
  let account: RekeyAccount?
  let client: Client?

  private enum Key: CodingKey {
    case email, account, client
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(email, forKey: .email)
    try container.encode(account, forKey: .account)
    try container.encodeIfPresent(client, forKey: .client)
  }
}

/// `POST /reset/verify`.
struct VerifyRequest: Encodable {
  let token: String
}

/// `POST /reset/consume`.
struct ConsumeRequest: Encodable {
  let token: String
  let accountVersion: String?

  private enum CodingKeys: String, CodingKey {
    case token
    case accountVersion = "account_version"
  }
}

/// `POST /reset/complete`.
struct CompleteRequest: Encodable {
  let requestID: String

  private enum CodingKeys: String, CodingKey {
    case requestID = "request_id"
  }
}

/// What verify and consume say of a token that is good.
struct TokenAnswer: Decodable, Sendable {
  let requestID: String
  let account: RekeyAccount?
  /// The address the mail went to.
  let email: String

  private enum CodingKeys: String, CodingKey {
    case account, email
    case requestID = "request_id"
  }
}

/// What all errors have in common (RFC 9457).
struct Problem: Decodable {
  let code: String
}
