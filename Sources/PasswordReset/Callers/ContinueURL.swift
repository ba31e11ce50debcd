/// The main app's new-password page, with `{token}` where the token goes.
public struct ContinueURL: Sendable, Equatable {
  public let template: String

  /// Nil without exactly one `{token}`, or with anything that cannot stand in a Location header.
  public init?(_ template: String) {
    guard template.utf8.allSatisfy({ (0x21...0x7e).contains($0) }),
      template.components(around: "{token}").count == 2
    else { return nil }
    self.template = template
  }

  public func filled(with token: String) -> String {
    template.components(around: "{token}").joined(separator: token)
  }
}

extension String {
  /// The parts between the occurrences of an ASCII marker, found by bytes.
  fileprivate func components(around marker: String) -> [String] {
    let (text, mark) = (Array(utf8), Array(marker.utf8))
    var parts: [[UInt8]] = [[]]
    var index = 0
    while index < text.count {
      if text[index...].starts(with: mark) {
        parts.append([])
        index += mark.count
      } else {
        parts[parts.count - 1].append(text[index])
        index += 1
      }
    }
    return parts.map { String(decoding: $0, as: UTF8.self) }
  }
}
