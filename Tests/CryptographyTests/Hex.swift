/// Bytes written as in the published vectors. An odd or foreign digit gives nothing, which no
/// expectation accepts.
func hex(_ text: String) -> [UInt8] {
  let digits = text.utf8.filter { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\n") }
  guard digits.count.isMultiple(of: 2) else { return [] }
  return stride(from: 0, to: digits.count, by: 2).compactMap { index in
    UInt8(String(decoding: digits[index..<(index + 2)], as: UTF8.self), radix: 16)
  }
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
