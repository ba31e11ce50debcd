import Formats
import Hummingbird
import PasswordReset

/// `POST /reset/request`: somebody typed an address.
struct RequestRoute: Sendable {
  let request: RequestReset
  let addresses: EmailAddress.Policy

  func answer(_ call: CallerRequest) async throws(Problem) -> Answer {
    let key = try call.request.idempotencyKey()
    let (object, bytes) = try await call.request.jsonObject()
    let asked = try AskedReset(object, addresses: addresses)
    let outcome: RecordOutcome
    do {
      outcome = try await request(
        asked.details, client: asked.client, from: call.caller,
        repeatable: key.map { ($0, bytes) })
    } catch { throw Problem(error) }
    return try answer(to: outcome)
  }

  private func answer(to outcome: RecordOutcome) throws(Problem) -> Answer {
    switch outcome {
    case .accepted(let id): return Answer(response: accepted(id), requestID: id)
    case .replayed(let id):
      var response = accepted(id)
      response.headers.set("Idempotency-Replayed", "true")
      return Answer(response: response, requestID: id)
    case .conflict: throw .idempotencyConflict
    case .limited(let kind, let seconds): throw .rateLimited(kind, retryAfter: seconds)
    }
  }

  private func accepted(_ id: RequestID) -> Response {
    .json(
      .accepted,
      [("request_id", .string(id.description)), ("status", .string("accepted"))])
  }
}

/// The body of `POST /reset/request`.
struct AskedReset {
  let details: RequestDetails
  let client: ClientAddress?

  /// `data` may be this long, as JSON.
  static let dataLimit = 4096

  init(_ object: JSONObject, addresses: EmailAddress.Policy) throws(Problem) {
    try object.allowOnly(["email", "account", "locale", "client", "data"])
    let typed = try object.string("email")
    let claim = try Self.claim(object["account"], addresses)
    let locale = try Self.locale(object)
    let data = try Self.data(object)
    client = try Self.client(object)
    let email: EmailAddress
    do { email = try EmailAddress(typed, policy: addresses) } catch {
      throw .unusable("email_invalid", "The address cannot be mailed to. \(error)")
    }
    details = RequestDetails(email: email, claim: claim, locale: locale, data: data)
  }

  private static func claim(
    _ value: JSON?, _ addresses: EmailAddress.Policy
  ) throws(Problem) -> AccountClaim {
    guard let value else { return .unasked }
    if value == .null { return .none }
    guard let object = value.object else {
      throw .badRequest("The field \"account\" must be an object or null.")
    }
    try object.allowOnly(["id", "email", "locale", "version"])
    let (id, text) = (try object.string("id"), try object.string("email"))
    let tag = try object.optionalString("locale")
    let version = try object.optionalString("version")
    let locale = tag.flatMap(LanguageTag.init)
    guard let email = try? EmailAddress(text, policy: addresses), (tag == nil) == (locale == nil),
      let account = Account(id: id, email: email, locale: locale, version: version)
    else {
      throw .unusable(
        "account_invalid",
        "The account needs an id of 1 to 256 octets and an address that can be mailed to.")
    }
    return .known(account)
  }

  private static func locale(_ object: JSONObject) throws(Problem) -> LanguageTag? {
    guard let text = try object.optionalString("locale") else { return nil }
    guard let locale = LanguageTag(text) else {
      throw .unusable("locale_invalid", "The locale must be a BCP 47 tag such as fr or pt-BR.")
    }
    return locale
  }

  private static func client(_ object: JSONObject) throws(Problem) -> ClientAddress? {
    guard let client = try object.optionalObject("client") else { return nil }
    try client.allowOnly(["ip", "user_agent"])
    // Only its type matters: the mail shows nothing of it and nothing keeps it.
    _ = try client.optionalString("user_agent")
    guard let text = try client.optionalString("ip") else { return nil }
    guard let address = ClientAddress(text) else {
      throw .unusable("client_ip_invalid", "The client's ip must be a plain IPv4 or IPv6 address.")
    }
    return address
  }

  private static func data(_ object: JSONObject) throws(Problem) -> JSON? {
    guard let data = try object.optionalObject("data") else { return nil }
    guard JSON.object(data).serialized().utf8.count <= dataLimit else {
      throw .badRequest("The field \"data\" may have \(dataLimit) octets at most.")
    }
    return .object(data)
  }
}
