import Formats

/// The languages that a browser asks for (RFC 9110 §12.5.4), the dearest first.
struct AcceptLanguage: Sendable, Equatable {
  private static let maximumLength = 512
  private static let maximumCount = 16

  /// Without those that are not wanted. What stands after `*`, any language, is of no matter.
  let locales: [LanguageTag]

  /// - Parameter values: of the header's fields. What breaks the grammar, or is more than 512 octets
  ///   or 16 languages, asks for nothing.
  init(_ values: [String]) {
    locales = Self.ranges(values).map(Self.ordered) ?? []
  }

  private struct Range {
    /// Nil for any.
    let locale: LanguageTag?
    /// In thousandths.
    let quality: Int
  }

  private static func ranges(_ values: [String]) -> [Range]? {
    guard values.reduce(0, { $0 + $1.utf8.count }) <= maximumLength else { return nil }
    var ranges: [Range] = []
    for value in values {
      let members = value.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
      for member in members.map(trimmed) where !member.isEmpty {
        guard ranges.count < maximumCount, let range = range(member) else { return nil }
        ranges.append(range)
      }
    }
    return ranges
  }

  private static func range(_ member: Substring.UTF8View) -> Range? {
    let parts = member.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
      .map(trimmed)
    guard let name = parts.first, parts.count <= 2,
      let quality = parts.count == 1 ? 1000 : quality(parts[1])
    else { return nil }
    if name.elementsEqual("*".utf8) { return Range(locale: nil, quality: quality) }
    guard let locale = LanguageTag(String(Substring(name))) else { return nil }
    return Range(locale: locale, quality: quality)
  }

  /// `q=` and 0 to 1 with at most three decimals (RFC 9110 §12.4.2).
  private static func quality(_ parameter: Substring.UTF8View) -> Int? {
    let digits = Array(parameter.dropFirst(2))
    guard parameter.first.map({ $0 | 0x20 }) == UInt8(ascii: "q"),
      parameter.dropFirst().first == UInt8(ascii: "="), let whole = digits.first,
      whole == UInt8(ascii: "0") || whole == UInt8(ascii: "1"), digits.count <= 5,
      digits.count == 1 || digits[1] == UInt8(ascii: "."),
      digits.dropFirst(2).allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return nil }
    var thousandths = Int(whole - UInt8(ascii: "0"))
    for place in 2..<5 {
      thousandths *= 10
      if place < digits.count { thousandths += Int(digits[place] - UInt8(ascii: "0")) }
    }
    return thousandths <= 1000 ? thousandths : nil
  }

  private static func ordered(_ ranges: [Range]) -> [LanguageTag] {
    let sorted = ranges.enumerated().filter { $1.quality > 0 }.sorted {
      ($1.element.quality, $0.offset) < ($0.element.quality, $1.offset)
    }
    return sorted.map(\.element).prefix { $0.locale != nil }.compactMap(\.locale)
  }

  private static func trimmed(_ text: Substring.UTF8View) -> Substring.UTF8View {
    var text = text
    while text.first == 0x20 || text.first == 0x09 { text.removeFirst() }
    while text.last == 0x20 || text.last == 0x09 { text.removeLast() }
    return text
  }
}
