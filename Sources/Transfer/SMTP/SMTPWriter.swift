/// What still has to be sent on one connection.
struct SMTPWriter {
  private var output: [UInt8] = []
  private var start = 0
  private var body: SMTPBody?
  private var messageIsSent = false
  /// How many bytes the connection has taken so far.
  private(set) var sentCount = 0
  /// Why the message cannot be sent to its end.
  private(set) var fault: FileReader.Fault?

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

  /// How many pieces of a message go out before other connections have their turn: a server that
  /// takes everything at once would have the loop for itself.
  private static let piecesPerTurn = 4

  /// Sends until the socket is full, nothing is left or others have waited long enough. False if
  /// the connection is broken.
  mutating func flush(to link: SMTPLink) -> Bool {
    var pieces = 0
    repeat {
      while start < output.count {
        switch link.send(output[start...]) {
        case .bytes(let count):
          start += count
          sentCount &+= count
        case .blocked: return true
        case .broken: return false
        }
      }
      // Commands need little; what a long message needed is given back with its end.
      output.removeAll(keepingCapacity: body != nil || output.capacity <= 4096)
      start = 0
      if body?.isFinished == true {
        body = nil
        messageIsSent = true
      }
      pieces += 1
    } while pieces <= Self.piecesPerTurn && takePiece()
    return true
  }

  /// Whether there is more of the message to send. Short pieces go together: most messages are
  /// taken whole, final dot included.
  private mutating func takePiece() -> Bool {
    guard body != nil else { return false }
    do throws(FileReader.Fault) {
      repeat {
        try body?.appendPiece(to: &output)
      } while body?.isFinished == false && output.count < BodyReader.piece
      return true
    } catch {
      fault = error
      return false
    }
  }
}
