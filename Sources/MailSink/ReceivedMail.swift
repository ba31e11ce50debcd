/// One message as it came, with its envelope.
public struct ReceivedMail: Sendable, Identifiable, CustomStringConvertible {
  /// Counts from 1 in the order of arrival, over the life of the sink.
  public let id: Int
  /// The connection it came on, counted from 1.
  public let connection: Int
  /// What the client called itself in EHLO or HELO.
  public let clientName: String
  /// The reverse path without angle brackets; empty for `<>`.
  public let envelopeFrom: String
  /// The parameters of MAIL as they came, such as `SIZE=1024`.
  public let parameters: [String]
  /// Those that were accepted, in the order of RCPT.
  public let recipients: [Recipient]
  /// Headers and body as they came: dots unstuffed (RFC 5321 section 4.5.2), CRLF kept.
  public let data: [UInt8]
  /// When DATA was asked for, for measurements.
  public let dataBeganAt: ContinuousClock.Instant
  /// Milliseconds since 1970.
  public let receivedAt: Int64

  public struct Recipient: Sendable, Equatable {
    /// The forward path without angle brackets, byte for byte.
    public let address: String
    public let parameters: [String]
  }

  /// Whether one of the recipients is this one, ASCII case ignored.
  public func isAddressed(to recipient: String) -> Bool {
    recipients.contains { equalIgnoringASCIICase($0.address, recipient) }
  }

  /// Names no one and quotes nothing, for logs.
  public var description: String {
    "mail \(id) on connection \(connection): \(recipients.count) recipients, \(data.count) octets"
  }
}

extension ReceivedMail {
  /// All header fields, unfolded, in their order.
  public var headers: [HeaderField] { MIMEPart(data[...]).headers }

  /// The first field of that name, unfolded, as it came.
  public func header(_ name: String) -> String? { headers.value(of: name) }

  /// The subject, encoded words (RFC 2047) decoded; empty when there is none.
  public var subject: String { decodeEncodedWords(header("Subject") ?? "") }

  /// The From field for display, encoded words decoded; empty when there is none.
  public var from: String { decodeEncodedWords(header("From") ?? "") }

  /// The To field for display, encoded words decoded; empty when there is none.
  public var to: String { decodeEncodedWords(header("To") ?? "") }

  /// The first text/plain part that is not an attachment, decoded.
  public var text: String? { MIMEPart(data[...]).first(ofType: "text/plain")?.text }

  /// The first text/html part that is not an attachment, decoded.
  public var html: String? { MIMEPart(data[...]).first(ofType: "text/html")?.text }

  /// The whole message, bytes that are not UTF-8 replaced.
  public var source: String { String(decoding: data, as: UTF8.self) }
}
