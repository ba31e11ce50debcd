/// One message as it came, with its envelope.
public struct ReceivedMail: Sendable, Identifiable, CustomStringConvertible {
  /// Counts from 1 in the order of arrival, over the life of the sink.
  public let id: Int
  /// The reverse path without angle brackets; empty for `<>`.
  public let envelopeFrom: String
  /// The forward paths that were accepted, without angle brackets, byte for byte, in their order.
  public let recipients: [String]
  /// Headers and body as they came: dots unstuffed (RFC 5321 section 4.5.2), CRLF kept.
  public let data: [UInt8]
  /// Milliseconds since 1970.
  public let receivedAt: Int64

  /// Names no one and quotes nothing, for logs.
  public var description: String {
    "mail \(id): \(recipients.count) recipients, \(data.count) octets"
  }
}

extension ReceivedMail {
  /// All header fields, unfolded, in their order.
  public var headers: [HeaderField] { MIMEPart(data[...]).headers }

  /// The subject, encoded words (RFC 2047) decoded; empty when there is none.
  public var subject: String { decodeEncodedWords(headers.value(of: "Subject") ?? "") }

  /// The From field for display, encoded words decoded; empty when there is none.
  public var from: String { decodeEncodedWords(headers.value(of: "From") ?? "") }

  /// The first text/plain part that is not an attachment, decoded.
  public var text: String? { MIMEPart(data[...]).first(ofType: "text/plain")?.text }

  /// The first text/html part that is not an attachment, decoded.
  public var html: String? { MIMEPart(data[...]).first(ofType: "text/html")?.text }

  /// The whole message, bytes that are not UTF-8 replaced.
  public var source: String { String(decoding: data, as: UTF8.self) }
}
