public import PasswordReset
public import Transfer

/// A kind of transport: what its URLs say, and how mail goes out by one.
///
/// A provider is one file, with its schemes, its options, where its own host is, how a key is given,
/// its call, and how its answers are judged; and a place in ``Providers/all``.
protocol MailProvider: Sendable {
  /// As its URLs begin, in lower case.
  static var schemes: [String] { get }
  /// What may stand after the `?`, in the order in which messages name it.
  static var options: [ProviderOption] { get }
  /// Whether something may stand between host and `?`.
  static var hasPath: Bool { get }

  /// - Throws: `.transportURL` with the first thing that is wrong.
  init(_ url: ProviderURL) throws(MailingError)

  /// For the whole hand-over.
  var timeout: WholeDuration { get }
  /// Where mail goes and how it is protected: nothing secret.
  var place: String { get }

  /// Reads files with keys here and now.
  /// - Throws: `.secretFile` with the first that cannot be used.
  func transport(_ context: TransportContext) throws(MailingError) -> any MailTransport
}

extension MailProvider {
  static var hasPath: Bool { false }
}

/// SHA-256 of what the function it is given returns, one after the other, until that returns nil.
public typealias PayloadHash = @Sendable (_ next: () -> [UInt8]?) -> [UInt8]

/// What all transports of a process share.
public struct TransportContext: Sendable {
  let ehloName: String
  let smtpUTF8: Bool
  let mayReachPrivate: Bool
  let hash: PayloadHash
  let clock: any DatabaseClock
  let loop: TransferLoop

  /// - Parameters:
  ///   - ehloName: what to greet mail servers with where the URL gives nothing; a name that may be
  ///     seen by everybody, since receivers write it into the mail.
  ///   - smtpUTF8: whether addresses with a non-ASCII local part may go out (RFC 6531).
  ///   - mayReachPrivate: whether an HTTP API may be at a loopback, link-local or private address.
  ///     Mail servers may always.
  ///   - hash: for the signature that Amazon wants.
  ///   - clock: for the time in signatures, and for `Retry-After` with a date.
  public init(
    ehloName: String, smtpUTF8: Bool, mayReachPrivate: Bool, hash: @escaping PayloadHash,
    clock: any DatabaseClock, through loop: TransferLoop
  ) {
    self.ehloName = ehloName
    self.smtpUTF8 = smtpUTF8
    self.mayReachPrivate = mayReachPrivate
    self.hash = hash
    self.clock = clock
    self.loop = loop
  }
}
