internal import NIOCore

// The lines between 354 and the final dot.
extension SMTPSession {
  mutating func receiveText(_ line: LineReader.Line, _ draft: MailDraft) -> [Step] {
    if case .complete(let bytes) = line, bytes.isDot { return finish(draft) }
    if draft.fault == nil { draft.append(line, sizeLimit: settings.sizeLimit) }
    return []
  }

  private mutating func finish(_ draft: MailDraft) -> [Step] {
    phase = .idle
    if let fault = draft.fault { return [.reply(fault)] }
    return [.store(draft), .reply(SMTPReply(250, "2.0.0 message taken"))]
  }
}

extension MailDraft {
  /// Adds a line without its dot of transparency (RFC 5321 section 4.5.2), or finds a fault.
  func append(_ line: LineReader.Line, sizeLimit: Int) {
    guard case .complete(let bytes) = line else { return refuse(.textLineTooLong) }
    let view = bytes.readableBytesView
    let text = view.first == ASCII.dot ? view.dropFirst() : view
    if text.count + 2 > 1000 { return refuse(.textLineTooLong) }
    // CVE-2023-51764: what one server takes as a line end and another does not hides a second
    // mail in the first. Postfix, Exim and others refuse or mend it; refusing shows the sender.
    if text.contains(ASCII.lineFeed) || text.contains(ASCII.carriageReturn) {
      return refuse(.bareInText)
    }
    if data.count + text.count + 2 > sizeLimit { return refuse(.tooLarge) }
    data.append(contentsOf: text)
    data.append(ASCII.carriageReturn)
    data.append(ASCII.lineFeed)
  }

  private func refuse(_ reply: SMTPReply) {
    fault = reply
    data = []
  }
}

extension ByteBuffer {
  /// The line that ends the text.
  fileprivate var isDot: Bool { readableBytes == 1 && readableBytesView.first == ASCII.dot }
}
