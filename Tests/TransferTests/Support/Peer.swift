import Glibc

/// The server's end of one connection; blocks the thread that serves it.
final class Peer {
  let input: Int32
  let output: Int32
  private var buffer: [UInt8] = []

  /// Counted from 0 in order of arrival.
  let number: Int
  /// Milliseconds that pass before something is written.
  private let delay: Int32

  init(input: Int32, output: Int32, number: Int, delay: Int32 = 0) {
    self.input = input
    self.output = output
    self.number = number
    self.delay = delay
  }

  /// The next line with its line end, or nil at the end.
  func readLine() -> String? {
    while true {
      if let end = buffer.firstIndex(of: 0x0a) {
        let line = String(decoding: buffer[...end], as: UTF8.self)
        buffer.removeFirst(end + 1)
        return line
      }
      guard fill() else { return nil }
    }
  }

  /// Everything up to the line that ends with the final dot, dots as they are on the wire.
  func readMessage() -> [UInt8]? {
    let dot = Array("\r\n.\r\n".utf8)
    var searched = 0
    while true {
      if buffer.starts(with: dot.dropFirst(2)) {
        buffer.removeFirst(3)
        return []
      }
      var index = searched
      while index + dot.count <= buffer.count {
        if buffer[index] == 0x0d, buffer[index..<index + dot.count].elementsEqual(dot) {
          let message = Array(buffer[..<(index + 2)])
          buffer.removeFirst(index + dot.count)
          return message
        }
        index += 1
      }
      searched = max(0, buffer.count - dot.count)
      guard fill() else { return nil }
    }
  }

  func read(_ count: Int) -> [UInt8]? {
    while buffer.count < count { guard fill() else { return nil } }
    defer { buffer.removeFirst(count) }
    return Array(buffer[..<count])
  }

  @discardableResult
  func write(_ bytes: [UInt8]) -> Bool {
    if delay > 0 { poll(nil, 0, delay) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(output, $0.baseAddress, $0.count) }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  @discardableResult
  func write(_ text: String) -> Bool { write(Array(text.utf8)) }

  /// Blocks until the client goes away.
  func waitForEnd() {
    while fill() { buffer = [] }
  }

  /// Whether the client goes away within so many milliseconds, without reading what it sends.
  func hasEnded(within milliseconds: Int32 = -1) -> Bool {
    TransferTests.hasEnded(input, within: milliseconds)
  }

  /// Closes with RST, so that the client sees the end even while it sends.
  func abort() {
    var option = linger(l_onoff: 1, l_linger: 0)
    setsockopt(output, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
  }

  private func fill() -> Bool {
    var piece = [UInt8](repeating: 0, count: 65_536)
    let count = piece.withUnsafeMutableBytes { Glibc.read(input, $0.baseAddress, $0.count) }
    guard count > 0 else { return false }
    buffer += piece[..<count]
    return true
  }
}

/// Whether the other end of a connection is closed within so many milliseconds.
func hasEnded(_ connection: Int32, within milliseconds: Int32) -> Bool {
  // POLLRDHUP, which Glibc does not name.
  var end = pollfd(fd: connection, events: 0x2000, revents: 0)
  return poll(&end, 1, milliseconds) > 0
}
