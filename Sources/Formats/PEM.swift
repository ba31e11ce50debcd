/// Blocks of base64 between `-----BEGIN x-----` and `-----END x-----`, RFC 7468.
public enum PEM {
  /// The blocks with this label, in their order; nil where one is cut off, is not base64 or has
  /// header fields, as encrypted ones do. What stands around blocks is commentary.
  public static func blocks(_ label: String, in text: String) -> [[UInt8]]? {
    let (begin, end) = (
      Array("-----BEGIN \(label)-----".utf8), Array("-----END \(label)-----".utf8)
    )
    var blocks: [[UInt8]] = []
    var open: [UInt8]?
    for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
      let line = Substring(line).trimmedBytes
      switch open {
      case nil where line == begin: open = []
      case nil: break
      case let content? where line == end:
        guard let block = Base64.decode(String(decoding: content, as: UTF8.self)), !block.isEmpty
        else { return nil }
        blocks.append(block)
        open = nil
      case let content?: open = content + line
      }
    }
    return open == nil ? blocks : nil
  }

  public static func isMentioned(in text: String) -> Bool {
    text.utf8.split(separator: UInt8(ascii: "\n")).contains {
      Substring($0).trimmedBytes.starts(with: "-----BEGIN ".utf8)
    }
  }
}
