public import Formats

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
  private let callers: Reloadable<CallerBook>

  public init(
    request: RequestReset, reader: any RequestReader, vault: Vault, callers: Reloadable<CallerBook>
  ) {
    self.request = request
    self.reader = reader
    self.vault = vault
    self.callers = callers
  }

  /// Seconds for which a main app's word about an account holds.
  static let trust: Int64 = 86_400

  /// Nil for a token that was not made here or whose request is no longer kept.
  public func callAsFunction(_ text: String) async throws(ResetError) -> Reply? {
    guard let token = try vault.authenticate(text),
      let first = try await reader.find(token.requestID)
    else { return nil }
    let details = try vault.open(first)
    var outcome: RecordOutcome?
    if let repeated = repeatable(details, of: first) {
      outcome = try await request(repeated, client: nil, from: callers.value[first.caller])
    }
    return Reply(first: first.id, outcome: outcome, locale: details.readerLocale)
  }

  public struct Reply: Sendable, Equatable {
    /// The request whose link was shown.
    public let first: RequestID
    /// Nil where the account has to be named anew: nothing was asked for.
    public let outcome: RecordOutcome?
    /// That of the first mail.
    public let locale: LanguageTag?
  }

  /// What the holder of a link is told before asking.
  public struct Prospect: Sendable, Equatable {
    /// Whether a new mail may be asked for.
    public let isPossible: Bool
    /// That of the mail.
    public let locale: LanguageTag?
  }

  public func prospect(of first: StoredRequest) throws(ResetError) -> Prospect {
    let details = try vault.open(first)
    return Prospect(
      isPossible: repeatable(details, of: first) != nil, locale: details.readerLocale)
  }

  private func repeatable(_ details: RequestDetails, of first: StoredRequest) -> RequestDetails? {
    var claim = details.claim
    if callers.value[first.caller].settings.directory != .none {
      // Asked anew: the account may have another address by now.
      claim = .unasked
    } else if case .known = claim {
      let isWithdrawn = first.revokedAt != nil
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
