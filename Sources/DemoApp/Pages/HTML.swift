internal import Formats

/// Markup. Text that is put in with `\( )` is escaped, so a page cannot forget to.
struct HTML: Sendable, Equatable, ExpressibleByStringInterpolation {
  private(set) var text: String

  init(stringLiteral text: String) { self.text = text }

  init(stringInterpolation interpolation: StringInterpolation) { text = interpolation.text }

  static func + (one: HTML, other: HTML) -> HTML {
    var both = one
    both.text += other.text
    return both
  }

  struct StringInterpolation: StringInterpolationProtocol {
    var text = ""

    init(literalCapacity: Int, interpolationCount: Int) {
      text.reserveCapacity(literalCapacity)
    }

    mutating func appendLiteral(_ literal: String) { text += literal }

    mutating func appendInterpolation(_ plain: String) { text += plain.htmlEscaped }

    mutating func appendInterpolation(_ number: Int) { text += String(number) }

    mutating func appendInterpolation(_ markup: HTML) { text += markup.text }

    /// Nothing, when there is nothing.
    mutating func appendInterpolation(_ markup: HTML?) { text += markup?.text ?? "" }

    mutating func appendInterpolation(_ many: [HTML]) {
      for markup in many { text += markup.text }
    }
  }
}
