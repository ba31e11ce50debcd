/// Who owns an address.
public protocol AccountDirectory: Sendable {
  /// Nil where there is no account that may reset its password.
  func account(
    for address: EmailAddress, caller: Caller
  ) async throws(DirectoryError) -> Account?
}

/// The directory could not answer: a transient fault with a short cause for the log.
public struct DirectoryError: Error, Sendable, Equatable {
  /// What a fault speaks of.
  public enum Blame: Sendable, Equatable {
    /// The directory: other questions would fare no better.
    case directory
    /// The address that was asked for; others may have a good answer.
    case address
  }

  public let cause: String
  public let blame: Blame

  public init(cause: String, blame: Blame = .directory) {
    self.cause = cause
    self.blame = blame
  }
}
