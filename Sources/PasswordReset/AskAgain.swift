/// The holder of an old link asks for a new mail without retyping the address. It is a request like
/// any other, by the first request's caller and within the same limits; the mail goes where the
/// first one went or where the directory now says.
///
/// An account that the main app itself named is its word of that moment, and nobody can be asked
/// whether it still holds. So it is taken for a day at most, and no longer once this link was used
/// or the account's links were withdrawn: a mailbox that somebody has given up must not get new links.
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

  /// Seconds for which a main app's word about an account holds.
  static let trust: Int64 = 86_400

  /// Nil for a token that was not made here, whose request is no longer kept, or whose account has
  /// to be named anew.
  public func callAsFunction(_ text: String) async throws(ResetError) -> RecordOutcome? {
    guard let token = try vault.authenticate(text),
      let first = try await reader.find(token.requestID), let details = try repeatable(first)
    else { return nil }
    return try await request(details, client: nil, from: callers.value[first.caller])
  }

  /// Whether the holder of this request's link may ask again.
  public func isPossible(_ first: StoredRequest) throws(ResetError) -> Bool {
    try repeatable(first) != nil
  }

  private func repeatable(_ first: StoredRequest) throws(ResetError) -> RequestDetails? {
    let details = try vault.open(first)
    var claim = details.claim
    if callers.value[first.caller].settings.directory != .none {
      // Asked anew: the account may have another address by now.
      claim = .unasked
    } else if case .known = claim {
      let isWithdrawn = first.revokedAt != nil && first.revokeReason != .replaced
      guard !isWithdrawn, first.consumedAt == nil,
        first.readAt < first.createdAt.advanced(bySeconds: Self.trust)
      else {
        return nil
      }
    }
    return RequestDetails(
      email: details.email, claim: claim, locale: details.locale, data: details.data)
  }
}
