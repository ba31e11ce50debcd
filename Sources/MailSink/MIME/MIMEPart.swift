/// A message or a part of one (RFC 2045): its header and its body as it came.
struct MIMEPart {
  let headers: [HeaderField]
  let body: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) {
    var fields: [ArraySlice<UInt8>] = []
    var rest = bytes
    while let line = rest.popLine() {
      if line.isEmpty { break }
      if let first = line.first, ASCII.isBlank(first), !fields.isEmpty {
        fields[fields.count - 1] += line  // Unfolding takes the CRLF only (RFC 5322 section 2.2.3).
      } else {
        fields.append(line)
      }
    }
    headers = fields.compactMap(HeaderField.init)
    body = rest
  }

  var contentType: ParameterizedValue {
    ParameterizedValue(headers.value(of: "Content-Type") ?? "text/plain")
  }

  /// The first part of that type that is not an attachment, at most 8 multiparts deep.
  func first(ofType type: String, depth: Int = 8) -> MIMEPart? {
    let disposition = ParameterizedValue(headers.value(of: "Content-Disposition") ?? "")
    if disposition.value == "attachment" { return nil }
    let contentType = contentType
    if contentType.value == type { return self }
    guard contentType.value.hasPrefix("multipart/"), depth > 0 else { return nil }
    guard let boundary = contentType["boundary"], !boundary.isEmpty else { return nil }
    for part in parts(boundary: boundary) {
      if let found = MIMEPart(part).first(ofType: type, depth: depth - 1) { return found }
    }
    return nil
  }

  /// The body without its transfer encoding, as text. Bytes that are no text are replaced.
  var text: String {
    let encoding = ParameterizedValue(headers.value(of: "Content-Transfer-Encoding") ?? "").value
    let bytes: [UInt8] =
      switch encoding {
      case "quoted-printable": decodeQuotedPrintable(body)
      case "base64": decodeBase64(body)
      default: Array(body)
      }
    return decodeText(bytes, charset: contentType["charset"] ?? "utf-8")
  }

  /// What stands between the delimiter lines (RFC 2046 section 5.1.1). The CRLF before a
  /// delimiter belongs to it.
  private func parts(boundary: String) -> [ArraySlice<UInt8>] {
    let delimiter = Array("--\(boundary)".utf8)
    var parts: [ArraySlice<UInt8>] = []
    var start: Int?
    var rest = body
    while !rest.isEmpty {
      let lineStart = rest.startIndex
      guard let line = rest.popLine() else { break }
      guard line.starts(with: delimiter) else { continue }
      let tail = trimmed(line.dropFirst(delimiter.count))
      let isLast = tail.elementsEqual("--".utf8)
      guard tail.isEmpty || isLast else { continue }
      if let start { parts.append(body[start..<max(start, lineStart - 2)]) }
      start = rest.startIndex
      if isLast { return parts }
    }
    if let start { parts.append(body[start...]) }
    return parts
  }
}

extension ArraySlice<UInt8> {
  /// The first line without its CRLF; the last one may lack it. Nil at the end.
  fileprivate mutating func popLine() -> ArraySlice<UInt8>? {
    guard !isEmpty else { return nil }
    guard let lineFeed = firstIndex(of: ASCII.lineFeed) else {
      defer { self = self[endIndex...] }  // Not []: indices stay those of the message.
      return self
    }
    defer { self = self[(lineFeed + 1)...] }
    let line = self[..<lineFeed]
    return line.last == ASCII.carriageReturn ? line.dropLast() : line
  }
}
