/// What MAIL and RCPT have said so far.
struct Envelope {
  let from: SMTPPath
  var recipients: [SMTPPath] = []

  var addresses: [String] { recipients.map(\.address) }

  /// RFC 6531: the client may name addresses that are not ASCII.
  var isInternational: Bool {
    from.parameters.contains { SMTPParameter($0).keyword == "SMTPUTF8" }
  }
}

/// A message that is coming in or has come in whole. A class, so that adding a line never copies
/// the lines before it; confined to its connection's loop.
final class MailDraft {
  let clientName: String
  let envelope: Envelope
  let beganAt = ContinuousClock.now
  var data: [UInt8] = []
  /// Why it will be refused at its end; its lines are not kept any more.
  var fault: SMTPReply?
  var hasLines = false

  init(clientName: String, envelope: Envelope) {
    self.clientName = clientName
    self.envelope = envelope
  }

  func received(id: Int, connection: Int, at time: Int64) -> ReceivedMail {
    ReceivedMail(
      id: id, connection: connection, clientName: clientName,
      envelopeFrom: envelope.from.address, parameters: envelope.from.parameters,
      recipients: envelope.recipients.map {
        ReceivedMail.Recipient(address: $0.address, parameters: $0.parameters)
      },
      data: data, dataBeganAt: beganAt, receivedAt: time)
  }
}
