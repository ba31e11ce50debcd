#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

extension MailSink {
  /// What a sink is, fixed for its life; how it misbehaves is `MailSink.script(_:)`.
  public struct Configuration: Sendable {
    public var host: String
    /// 0 lets the system choose; read `MailSink.port` after the start.
    public var port: Int
    /// The name in the greeting and in the EHLO answer.
    public var name: String
    /// How many mails are kept; the oldest go first.
    public var storeLimit: Int
    /// How many octets of mails are kept in all; the newest mail is always kept.
    public var storeOctets = 256 << 20
    /// The largest message taken, in octets as stored (RFC 1870); larger ones get 552.
    public var sizeLimit = 10 << 20
    /// What EHLO offers. A parameter of an extension that is not offered gets 555.
    public var extensions: Set<Extension> = [.pipelining, .eightBitMIME, .smtpUTF8, .size]
    /// Milliseconds since 1970, for `ReceivedMail.receivedAt`.
    public var now: @Sendable () -> Int64 = { MailSink.systemTime() }

    public init(
      host: String = "127.0.0.1", port: Int = 0, name: String = "mailbox.localhost",
      storeLimit: Int = 1000
    ) {
      self.host = host
      self.port = port
      self.name = name
      self.storeLimit = max(1, storeLimit)
    }
  }

  /// The service extensions a sink can offer, by their EHLO keywords.
  public enum Extension: String, Sendable, CaseIterable {
    /// RFC 2920.
    case pipelining = "PIPELINING"
    /// RFC 6152.
    case eightBitMIME = "8BITMIME"
    /// RFC 6531.
    case smtpUTF8 = "SMTPUTF8"
    /// RFC 1870.
    case size = "SIZE"
    /// RFC 3461; off by default, and no notification is ever sent.
    case dsn = "DSN"
  }

  static func systemTime() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) &* 1000 &+ Int64(time.tv_nsec) / 1_000_000
  }
}
