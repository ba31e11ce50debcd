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
