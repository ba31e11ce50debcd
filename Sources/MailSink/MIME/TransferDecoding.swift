internal import Formats

// Transfer encodings of RFC 2045 section 6, read leniently: a mailbox shows what came.

func decodeQuotedPrintable(_ bytes: some Collection<UInt8>) -> [UInt8] {
  var result: [UInt8] = []
  var rest = Array(bytes)[...]
  while let byte = rest.popFirst() {
    guard byte == UInt8(ascii: "=") else {
      result.append(byte)
      continue
    }
    if rest.starts(with: [ASCII.carriageReturn, ASCII.lineFeed]) {
      rest.removeFirst(2)  // A soft line break.
    } else if let high = rest.first.flatMap(Hex.value(anyCase:)),
      let low = rest.dropFirst().first.flatMap(Hex.value(anyCase:))
    {
      rest.removeFirst(2)
      result.append(high << 4 | low)
    } else {
      result.append(byte)
    }
  }
  return result
}

/// Skips what is not of the alphabet and stops at the first `=`.
func decodeBase64(_ bytes: some Sequence<UInt8>) -> [UInt8] {
  var result: [UInt8] = []
  var bits: UInt32 = 0
  var count = 0
  for byte in bytes {
    if byte == UInt8(ascii: "=") { break }
    guard let value = base64Value(byte) else { continue }
    bits = bits << 6 | UInt32(value)
    count += 6
    if count >= 8 {
      count -= 8
      result.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
    }
  }
  return result
}

private func base64Value(_ byte: UInt8) -> UInt8? {
  switch byte {
  case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A")
  case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 26
  case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0") + 52
  case UInt8(ascii: "+"): 62
  case UInt8(ascii: "/"): 63
  default: nil
  }
}

/// Latin-1 is read as such, everything else as UTF-8.
func decodeText(_ bytes: [UInt8], charset: String) -> String {
  if equalIgnoringASCIICase(charset, "iso-8859-1") {
    var text = ""
    text.unicodeScalars.append(contentsOf: bytes.lazy.map { Unicode.Scalar($0) })
    return text
  }
  return String(decoding: bytes, as: UTF8.self)
}
