internal import Formats

/// Decodes the encoded words of a header field's text, `=?utf-8?B?…?=` and `=?utf-8?Q?…?=`
/// (RFC 2047). What is not well formed stays as it is.
func decodeEncodedWords(_ text: String) -> String {
  var decoder = EncodedWordDecoder()
  var rest = text.utf8[...]
  while let first = rest.first {
    let isBlank = ASCII.isBlank(first)
    let token = rest.prefix { ASCII.isBlank($0) == isBlank }
    rest = rest[token.endIndex...]
    if isBlank {
      decoder.blanks = Substring(token)
    } else if let word = EncodedWord(token) {
      decoder.add(word)
    } else {
      decoder.add(Substring(token))
    }
  }
  return decoder.finish()
}

private struct EncodedWordDecoder {
  /// Seen, and not yet known to count: blanks between two encoded words do not (section 6.2).
  var blanks: Substring = ""
  private var result = ""
  /// Bytes of neighbouring words are joined before they become text, because some senders split
  /// a character between two words.
  private var run: EncodedWord?

  mutating func add(_ word: EncodedWord) {
    if run == nil { result += blanks }
    blanks = ""
    if run?.charset == word.charset {
      run?.bytes += word.bytes
    } else {
      endRun()
      run = word
    }
  }

  mutating func add(_ plain: Substring) {
    endRun()
    result += blanks + plain
    blanks = ""
  }

  mutating func finish() -> String {
    add("")
    return result
  }

  private mutating func endRun() {
    if let run { result += decodeText(run.bytes, charset: run.charset) }
    run = nil
  }
}

private struct EncodedWord {
  /// Lower case, without a language (RFC 2231 section 5).
  let charset: String
  var bytes: [UInt8]

  init?(_ token: Substring.UTF8View) {
    let pieces = token.split(separator: UInt8(ascii: "?"), omittingEmptySubsequences: false)
    guard pieces.count == 5, pieces[0].elementsEqual("=".utf8), pieces[4].elementsEqual("=".utf8)
    else { return nil }
    charset = Substring(pieces[1].prefix { $0 != UInt8(ascii: "*") }).lowercased()
    switch pieces[2].first.map(\.asciiLowercased) {
    case UInt8(ascii: "b"): bytes = decodeBase64(pieces[3])
    case UInt8(ascii: "q"):
      let spaced = pieces[3].map { $0 == UInt8(ascii: "_") ? ASCII.space : $0 }
      bytes = decodeQuotedPrintable(spaced)
    default: return nil
    }
  }
}
