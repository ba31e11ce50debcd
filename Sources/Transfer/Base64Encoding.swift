/// Base64 as it goes out (RFC 4648 section 4).
enum Base64Encoding {
  /// What fills one line of 76 characters (RFC 2045 section 6.8).
  static let bytesPerLine = 57

  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// The encoded length of `size` bytes, in bytes; `Int64.max` where that is too small for it.
  static func count(of size: Int64, hasLines: Bool) -> Int64 {
    guard size > 0 else { return 0 }
    let groups = (size - 1) / 3 + 1
    let lines = hasLines ? (size - 1) / Int64(bytesPerLine) + 1 : 0
    let (characters, overflow) = groups.multipliedReportingOverflow(by: 4)
    let (total, overflowOfLines) = characters.addingReportingOverflow(lines * 2)
    return overflow || overflowOfLines ? .max : total
  }

  /// Appends `bytes` encoded. Only the last call for a file may have a length that is not a
  /// multiple of 3, or with lines of `bytesPerLine`.
  static func append(_ bytes: ArraySlice<UInt8>, hasLines: Bool, to output: inout [UInt8]) {
    guard hasLines else { return append(bytes, to: &output) }
    var rest = bytes
    while !rest.isEmpty {
      append(rest.prefix(bytesPerLine), to: &output)
      output.append(0x0d)
      output.append(0x0a)
      rest = rest.dropFirst(bytesPerLine)
    }
  }

  private static func append(_ bytes: ArraySlice<UInt8>, to output: inout [UInt8]) {
    var index = bytes.startIndex
    while index + 3 <= bytes.endIndex {
      appendGroup(bytes[index], bytes[index + 1], bytes[index + 2], to: &output)
      index += 3
    }
    let left = bytes.endIndex - index
    guard left > 0 else { return }
    appendGroup(bytes[index], left > 1 ? bytes[index + 1] : 0, 0, to: &output)
    for padding in 1...(3 - left) { output[output.endIndex - padding] = UInt8(ascii: "=") }
  }

  private static func appendGroup(
    _ first: UInt8, _ second: UInt8, _ third: UInt8, to output: inout [UInt8]
  ) {
    output.append(alphabet[Int(first >> 2)])
    output.append(alphabet[Int((first & 3) << 4 | second >> 4)])
    output.append(alphabet[Int((second & 15) << 2 | third >> 6)])
    output.append(alphabet[Int(third & 63)])
  }
}
