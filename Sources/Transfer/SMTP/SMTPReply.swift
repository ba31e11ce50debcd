internal import Formats

/// A whole reply (RFC 5321 section 4.2): what a client may act on, none of its text.
struct SMTPReply: Equatable {
  /// 200 to 599.
  var code: Int
  /// Of the last line that has one.
  var enhancedStatus: String?
  /// The keywords found, for the reply to EHLO.
  var extensions: SMTPExtensions = []

  var isPositive: Bool { code / 100 == 2 }
  var isFailure: Bool { code >= 400 }
}

struct SMTPExtensions: OptionSet {
  let rawValue: UInt8

  /// RFC 2920.
  static let pipelining = SMTPExtensions(rawValue: 1)
  /// RFC 1870.
  static let size = SMTPExtensions(rawValue: 2)
  /// RFC 6152.
  static let eightBitMIME = SMTPExtensions(rawValue: 4)
  /// RFC 6531.
  static let utf8 = SMTPExtensions(rawValue: 8)

  init(rawValue: UInt8) { self.rawValue = rawValue }

  /// What one line of the reply announces.
  init(line text: some Sequence<UInt8>) {
    let keyword = text.prefix { $0 > 0x20 }.map(\.asciiLowercased)
    switch String(decoding: keyword, as: UTF8.self) {
    case "pipelining": self = .pipelining
    case "size": self = .size
    case "8bitmime": self = .eightBitMIME
    case "smtputf8": self = .utf8
    default: self = []
    }
  }
}

/// Reads replies byte by byte in memory that does not grow: of a line only its beginning is kept.
struct SMTPReplyReader {
  enum Fault: String, Error {
    case malformed = "bad_reply"
    case tooLong = "reply_too_long"
  }

  /// The most bytes of one reply, all lines together. RFC 5321 section 4.5.3.1.5 asks for 512 a
  /// line; a reply to EHLO has some dozens of lines.
  static let limit = 64 * 1024
  /// `250-` and the longest keyword that matters, or `550 5.123.123 `.
  private static let kept = 24

  private var line: [UInt8] = []
  private var count = 0
  private var pending: SMTPReply?

  /// The reply that `byte` completes, if it does.
  mutating func read(_ byte: UInt8) throws(Fault) -> SMTPReply? {
    count += 1
    guard count <= Self.limit else { throw .tooLong }
    if byte != 0x0a {
      if line.count < Self.kept { line.append(byte) }
      return nil
    }
    defer { line.removeAll(keepingCapacity: true) }
    return try endLine()
  }

  private mutating func endLine() throws(Fault) -> SMTPReply? {
    if line.last == 0x0d { line.removeLast() }
    guard let code = code(), pending.map({ $0.code == code }) ?? true else { throw .malformed }
    let separator = line.count > 3 ? line[3] : 0x20
    guard separator == 0x20 || separator == UInt8(ascii: "-") else { throw .malformed }

    var reply = pending ?? SMTPReply(code: code)
    let text = line.dropFirst(4)
    if let status = enhancedStatus(text, of: code) { reply.enhancedStatus = status }
    reply.extensions.formUnion(SMTPExtensions(line: text))
    if separator != 0x20 {
      pending = reply
      return nil
    }
    pending = nil
    count = 0
    return reply
  }

  private func code() -> Int? {
    guard line.count >= 3, line.prefix(3).allSatisfy(\.isASCIIDigit) else { return nil }
    let code = line.prefix(3).reduce(0) { $0 * 10 + Int($1 & 15) }
    return 200...599 ~= code ? code : nil
  }

  /// RFC 2034 section 4 puts it first in the text; RFC 3463 section 2 has three numbers without
  /// leading zeros, the first being the class of the reply.
  private func enhancedStatus(_ text: ArraySlice<UInt8>, of code: Int) -> String? {
    let word = text.prefix { $0 != 0x20 }
    let parts = word.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].count == 1 else { return nil }
    guard [2, 4, 5].contains(code / 100), parts[0].first == 0x30 + UInt8(code / 100) else {
      return nil
    }
    let areNumbers = parts.allSatisfy { part in
      (1...3).contains(part.count) && part.allSatisfy(\.isASCIIDigit)
        && (part.count == 1 || part.first != 0x30)
    }
    return areNumbers ? String(decoding: word, as: UTF8.self) : nil
  }
}
