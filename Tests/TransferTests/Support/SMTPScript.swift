import Synchronization

/// A mail server that answers as told and remembers what it was sent.
final class SMTPScript: Sendable {
  struct Memory {
    /// Commands of all connections without line ends.
    var commands: [String] = []
    /// Messages as on the wire, with doubled dots and without the final one.
    var messages: [[UInt8]] = []
  }

  enum Reply: Sendable {
    case text(String)
    /// Close without a word.
    case drop
    /// Say nothing, ever.
    case hang
    /// Fire, wait, then answer.
    case hold(reached: Signal, text: String)
  }

  private let replies: [String: Reply]
  private let extensions: [String]
  private let memory = Mutex(Memory())

  /// `replies` by verb; also `greeting`, and `.` for the reply to a message.
  init(_ replies: [String: Reply] = [:], extensions: [String] = []) {
    self.replies = replies
    self.extensions = extensions
  }

  var commands: [String] { memory.withLock { $0.commands } }
  var messages: [[UInt8]] { memory.withLock { $0.messages } }

  func verbs(_ verb: String) -> Int { commands.filter { $0.hasPrefix(verb) }.count }

  func serve(_ peer: Peer) { serve(peer, until: "QUIT") }

  func serve(_ peer: Peer, until last: String) {
    guard answer("greeting", "220 mail.test", peer) else { return }
    converse(peer, until: last)
  }

  /// From after the greeting on; returns after `last` or at the end.
  func converse(_ peer: Peer, until last: String) {
    while let line = peer.readLine() {
      let command = String(decoding: line.utf8.prefix { $0 != 0x0d && $0 != 0x0a }, as: UTF8.self)
      memory.withLock { $0.commands.append(command) }
      let verb = String(decoding: command.utf8.prefix { $0 != 0x20 }, as: UTF8.self)
      guard answer(verb, usual(verb), peer) else { return }
      if verb == last { return }
      if verb == "DATA", replies["DATA"].map(isGoAhead) ?? true {
        guard takeMessage(peer) else { return }
      }
    }
  }

  private func isGoAhead(_ reply: Reply) -> Bool {
    if case .text(let text) = reply { text.hasPrefix("354") } else { false }
  }

  private func takeMessage(_ peer: Peer) -> Bool {
    if case .drop = replies["BODY"] {
      _ = peer.read(1000)
      peer.abort()
      return false
    }
    guard let message = peer.readMessage() else { return false }
    memory.withLock { $0.messages.append(message) }
    return answer(".", "250 2.0.0 taken", peer)
  }

  private func usual(_ verb: String) -> String {
    switch verb {
    case "EHLO":
      (["250-mail.test"] + extensions.map { "250-\($0)" } + ["250 HELP"])
        .joined(separator: "\r\n")
    case "STARTTLS": "220 go on"
    case "DATA": "354 go on"
    case "QUIT": "221 bye"
    default: "250 2.0.0 ok"
    }
  }

  private func answer(_ verb: String, _ usual: String, _ peer: Peer) -> Bool {
    switch replies[verb] ?? .text(usual) {
    case .text(let text): return peer.write(text + "\r\n")
    case .drop: return false
    case .hang:
      peer.waitForEnd()
      return false
    case .hold(let reached, let text):
      reached.fire()
      peer.waitForEnd()
      return peer.write(text + "\r\n")
    }
  }
}
