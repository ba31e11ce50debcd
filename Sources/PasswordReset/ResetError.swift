/// Why the reset flow could not do its work. None of these is a verdict about a token or an address.
public enum ResetError: Error, Sendable, Equatable {
  /// The store cannot be reached, is read-only or did not answer in time. Nothing is known to have
  /// happened; the same call may be made again.
  case unavailable
  /// More callers wait than the bounded queue takes.
  case overloaded
  /// libcrypto failed: no random bytes, or a sealed row that its key does not open.
  case cryptography
  /// The store answered what this version cannot read.
  case corrupt
}

extension ResetError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unavailable: "the database is not available"
    case .overloaded: "too many calls are waiting"
    case .cryptography: "a cryptographic operation failed"
    case .corrupt: "a stored record could not be read"
    }
  }
}
