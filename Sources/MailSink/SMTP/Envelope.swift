/// What MAIL and RCPT have said so far.
struct Envelope {
  let from: SMTPPath
  var recipients: [SMTPPath] = []

  /// RFC 6531: the client may name addresses that are not ASCII.
  var isInternational: Bool {
    from.parameters.contains { SMTPParameter($0).keyword == "SMTPUTF8" }
  }
}

/// A message that is coming in or has come in whole. A class, so that adding a line never copies
/// the lines before it; confined to its connection's loop.
final class MailDraft {
  let envelope: Envelope
  var data: [UInt8] = []
  /// Why it will be refused at its end; its lines are not kept any more.
  var fault: SMTPReply?

  init(envelope: Envelope) { self.envelope = envelope }

  func received(id: Int, at time: Int64) -> ReceivedMail {
    ReceivedMail(
      id: id, envelopeFrom: envelope.from.address, recipients: envelope.recipients.map(\.address),
      data: data, receivedAt: time)
  }
}
