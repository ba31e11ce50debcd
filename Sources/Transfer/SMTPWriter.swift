/// What still has to be sent on one connection.
struct SMTPWriter {
  private var output: [UInt8] = []
  private var start = 0
  private var body: SMTPBody?
  private var messageIsSent = false

  /// Whether the socket need not be watched for room.
  var isEmpty: Bool { start == output.count && body == nil }

  mutating func append(_ bytes: [UInt8]) { output += bytes }

  mutating func append(_ body: SMTPBody) {
    self.body = body
    messageIsSent = false
  }

  /// Whether all of a message, final dot included, has been sent since the last call.
  mutating func takeMessageIsSent() -> Bool {
    defer { messageIsSent = false }
    return messageIsSent
  }

  /// Sends until the socket is full or nothing is left. False if the connection is broken.
  mutating func flush(to link: SMTPLink) -> Bool {
    repeat {
      while start < output.count {
        switch link.send(output[start...]) {
        case .bytes(let count): start += count
        case .blocked: return true
        case .broken: return false
        }
      }
      output.removeAll(keepingCapacity: true)
      start = 0
    } while takePiece()
    return true
  }

  /// Whether there is more of the message to send.
  private mutating func takePiece() -> Bool {
    guard let body else { return false }
    if body.isFinished {
      self.body = nil
      messageIsSent = true
      return false
    }
    self.body?.appendPiece(to: &output)
    return true
  }
}
