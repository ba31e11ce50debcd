/// Says what a token is worth and changes nothing, however often it is asked.
public struct VerifyToken: Sendable {
  private let reader: any RequestReader
  private let vault: Vault
  private let clock: any DatabaseClock
  private let retention: WholeDuration

  public init(
    reader: any RequestReader, vault: Vault, clock: any DatabaseClock, retention: WholeDuration
  ) {
    self.reader = reader
    self.vault = vault
    self.clock = clock
    self.retention = retention
  }

  public enum Answer: Sendable {
    case live(StoredRequest)
    /// The request is there where the token was made by this service and its row still stands.
    case dead(TokenRefusal, StoredRequest?)
  }

  /// - Parameter caller: whose requests may be seen; nil for the link itself, which proves itself.
  public func callAsFunction(
    _ text: String, for caller: String? = nil
  ) async throws(ResetError) -> Answer {
    guard let token = try vault.authenticate(text) else { return .dead(.invalid, nil) }
    guard let request = try await reader.find(token.requestID) else {
      return .dead(try refusalWithoutRow(token.requestID), nil)
    }
    guard caller == nil || caller == request.caller else { return .dead(.invalid, nil) }
    guard let refusal = request.refusal else { return .live(request) }
    return .dead(refusal, request)
  }

  /// A good MAC without a row: purged once it is past retention, otherwise never ours to honour.
  func refusalWithoutRow(_ id: RequestID) throws(ResetError) -> TokenRefusal {
    let oldest = try clock.now().advanced(bySeconds: -retention.seconds)
    return id.createdAt < oldest ? .expired : .invalid
  }
}

public protocol RequestReader: Sendable {
  func find(_ id: RequestID) async throws(ResetError) -> StoredRequest?

  /// Nil for another caller's request as for one that never was.
  func describe(
    _ id: RequestID, for caller: String
  ) async throws(ResetError) -> RequestDescription?
}
