/// The holder of an old link asks for a new mail without retyping the address. It is a request like
/// any other, by the first request's caller and within the same limits; the mail goes where the
/// first one went or where the directory now says.
public struct AskAgain: Sendable {
  private let request: RequestReset
  private let reader: any RequestReader
  private let vault: Vault
  private let callers: Current<CallerBook>

  public init(
    request: RequestReset, reader: any RequestReader, vault: Vault, callers: Current<CallerBook>
  ) {
    self.request = request
    self.reader = reader
    self.vault = vault
    self.callers = callers
  }

  /// Nil for a token that was not made here or whose request is no longer kept.
  public func callAsFunction(_ text: String) async throws(ResetError) -> RecordOutcome? {
    guard let token = try vault.authenticate(text),
      let first = try await reader.find(token.requestID)
    else { return nil }
    let caller = callers.value[first.caller]
    let details = try vault.open(first)
    // A directory is asked anew: the account may have another address by now.
    let claim: AccountClaim = caller.settings.directory == .none ? details.claim : .unasked
    return try await request(
      RequestDetails(
        email: details.email, claim: claim, locale: details.locale, data: details.data),
      client: nil, from: caller)
  }
}
