/// Who owns an address.
public protocol AccountDirectory: Sendable {
  /// Nil where there is no account that may reset its password.
  func account(
    for address: EmailAddress, caller: Caller
  ) async throws(DirectoryError) -> Account?
}

/// The directory could not answer: a transient fault with a short cause for the log.
public struct DirectoryError: Error, Sendable, Equatable {
  public let cause: String

  public init(cause: String) { self.cause = cause }
}
