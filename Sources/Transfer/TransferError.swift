/// Why an HTTP call has no answer. Holds nothing of the URL, the headers or the server's text.
public struct TransferError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Kind: String, Sendable, Hashable {
    /// The input is unusable; nothing was sent.
    case refused
    /// Name lookup or TCP failed.
    case connect
    /// The handshake failed or the certificate is not valid for the host.
    case tls
    case timeout
    /// The answer is larger than asked for.
    case tooLarge
    /// The connection broke or the answer is not HTTP.
    case interrupted
    case cancelled
    /// The loop has been stopped.
    case stopped
  }

  public let kind: Kind
  /// A short stable token that says more, for example `url`, `header`, `dns`, `tls_verify`,
  /// `file_changed`, `private_target`.
  public let cause: String?
  /// True only if the whole request, head and body, has been handed to the socket. A server does
  /// not act on less (RFC 9112 section 8), so where this is false repeating is harmless.
  public let mayHaveBeenReceived: Bool

  public init(_ kind: Kind, cause: String? = nil, mayHaveBeenReceived: Bool = false) {
    self.kind = kind
    self.cause = cause
    self.mayHaveBeenReceived = mayHaveBeenReceived
  }

  public var description: String {
    [kind.rawValue, cause].compactMap(\.self).joined(separator: " ")
  }
}
