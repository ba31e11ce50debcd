internal import Formats
internal import PasswordReset
internal import Transfer

/// JSON with files in it. Their content is not here: it is read while the call goes out.
enum FileJSON {
  /// One entry of the list of files, without its content.
  typealias Entry = (members: JSONObject, file: MailFile)

  /// The object, with a list of files under `key` if there are any; each has its content in base64
  /// under `content`, as its last member.
  static func body(
    _ object: JSONObject, files entries: [Entry], under key: String, content: String
  ) -> TransferBody {
    guard !entries.isEmpty else { return TransferBody(JSON.object(object).serializedBytes()) }
    var pieces: [TransferPiece] = []
    var text = open(object) + JSON.string(key).serializedBytes() + Array(":[".utf8)
    for (position, entry) in entries.enumerated() {
      if position > 0 { text.append(UInt8(ascii: ",")) }
      text += open(entry.members) + JSON.string(content).serializedBytes() + Array(":\"".utf8)
      pieces += [
        .bytes(text), .base64(path: entry.file.path, size: entry.file.size, hasLines: false),
      ]
      text = Array("\"}".utf8)
    }
    pieces.append(.bytes(text + Array("]}".utf8)))
    return TransferBody(pieces)
  }

  /// An object that goes on.
  static func open(_ object: JSONObject) -> [UInt8] {
    let bytes = JSON.object(object).serializedBytes().dropLast()
    return object.members.isEmpty ? Array(bytes) : bytes + [UInt8(ascii: ",")]
  }
}
