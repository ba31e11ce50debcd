/// Seals and opens requests and makes their keyed hashes: the keyring with the knowledge of what is
/// hashed and sealed together.
public struct Vault: Sendable {
  private let keyring: Reloadable<Keyring>
  private let domains: any DomainEncoding

  public init(keyring: Reloadable<Keyring>, domains: any DomainEncoding) {
    self.keyring = keyring
    self.domains = domains
  }

  public struct Sealed: Sendable, Equatable {
    public let bytes: [UInt8]
    public let kid: KeyID
  }

  public func seal(_ details: RequestDetails, for id: RequestID) throws(ResetError) -> Sealed {
    let (bytes, kid) = try keyring.value.seal(details.bytes, for: id)
    return Sealed(bytes: bytes, kid: kid)
  }

  public func open(_ request: StoredRequest) throws(ResetError) -> RequestDetails {
    try open(request.sealed, kid: request.kid, for: request.id)
  }

  public func open(
    _ sealed: [UInt8], kid: KeyID, for id: RequestID
  ) throws(ResetError) -> RequestDetails {
    let bytes = try keyring.value.open(sealed, kid: kid, for: id)
    guard let details = RequestDetails(bytes: bytes, domains: domains) else { throw .corrupt }
    return details
  }

  /// Seals an address that stands alone, padded as requests are.
  public func seal(_ address: EmailAddress, for id: RequestID) throws(ResetError) -> Sealed {
    try seal(RequestDetails(email: address, claim: .unasked, locale: nil, data: nil), for: id)
  }

  /// - Parameter kid: the key to use if it still verifies; otherwise the signing one is.
  public func mint(
    _ purpose: TokenPurpose, for id: RequestID, under kid: KeyID? = nil
  ) throws(ResetError) -> String {
    try keyring.value.mint(purpose, for: id, under: kid)
  }

  public func authenticate(_ text: String) throws(ResetError) -> Token? {
    try keyring.value.authenticate(text, for: .reset)
  }

  /// What a caller's requests for an address and its suppression are found by. Callers are
  /// strangers: equal addresses of two have nothing in common.
  public func addressKey(
    _ address: EmailAddress, caller: String
  ) throws(ResetError) -> KeyedHash {
    try keyring.value.pepper.hash(.address, bytes(caller), address.identity)
  }

  /// The key that all links of an account share.
  public func accountKey(id: String, caller: String) throws(ResetError) -> KeyedHash {
    try keyring.value.pepper.hash(.account, bytes(caller), bytes("account"), bytes(id))
  }

  /// Of a caller: no caller's requests use up what another may ask.
  public func limiterKey(
    _ address: EmailAddress, caller: String
  ) throws(ResetError) -> KeyedHash {
    try keyring.value.pepper.hash(.limiter, bytes(caller), address.limiterForm)
  }

  /// For the mails of a caller that say that there is no account.
  public func noAccountKey(
    _ address: EmailAddress, caller: String
  ) throws(ResetError) -> KeyedHash {
    try keyring.value.pepper.hash(.noAccount, bytes(caller), address.limiterForm)
  }

  /// What a provider has sent once and may not send again.
  public func receiptKey(
    of kind: String, _ provider: [UInt8], _ id: [UInt8]
  ) throws(ResetError) -> KeyedHash {
    try keyring.value.pepper.hash(.receipt, bytes(kind), provider, id)
  }

  public func limiterKey(
    _ client: ClientAddress, caller: String
  ) throws(ResetError) -> KeyedHash {
    try keyring.value.pepper.hash(.client, bytes(caller), client.limiterForm)
  }

  public func idempotencyKey(
    _ key: IdempotencyKey, caller: String
  ) throws(ResetError) -> KeyedHash {
    try keyring.value.pepper.hash(.idempotency, bytes(caller), bytes(key.text))
  }

  public func bodyHash(_ body: [UInt8]) throws(ResetError) -> KeyedHash {
    try keyring.value.pepper.hash(.body, body)
  }

  public func consumerKey(
    _ key: IdempotencyKey, caller: String
  ) throws(ResetError) -> KeyedHash {
    try keyring.value.pepper.hash(.consumer, bytes(caller), bytes(key.text))
  }

  private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
}
