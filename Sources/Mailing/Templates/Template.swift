internal import Mustache

/// One checked and compiled file.
struct Template: Sendable {
  private let compiled: MustacheTemplate

  /// - Parameter source: with any kind of line end, with or without a byte order mark.
  init(_ source: String, part: TemplatePart, file: String) throws(MailingError) {
    let source = source.withLineFeeds
    if let problem = TemplateRules.problem(in: Array(source.utf8), of: part) {
      throw .template(file: file, problem: problem)
    }
    do {
      // Mustache's own escaping is off everywhere, because it goes by Characters; `SafeText` does
      // the work.
      compiled = try MustacheTemplate(string: "{{%CONTENT_TYPE:TEXT}}\n" + source)
    } catch {
      throw .template(file: file, problem: "is not valid Mustache (\(Self.reason(error)))")
    }
  }

  /// The values must be escaped as the part needs it.
  func render(_ values: [String: Any]) -> String {
    compiled.render(values)
  }

  private static func reason(_ error: any Error) -> String {
    guard let error = error as? MustacheTemplate.ParserError else { return "\(error)" }
    return "line \(error.context.lineNumber - 1): \(error.error)"
  }
}

extension String {
  /// CR LF and CR become LF; a byte order mark goes.
  fileprivate var withLineFeeds: String {
    let mark: [UInt8] = [0xef, 0xbb, 0xbf]
    var bytes: [UInt8] = []
    var afterReturn = false
    for byte in utf8.dropFirst(utf8.starts(with: mark) ? mark.count : 0) {
      if byte != 10 || !afterReturn { bytes.append(byte == 13 ? 10 : byte) }
      afterReturn = byte == 13
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
