internal import Mustache

/// A template without sections, as most are: what Mustache makes of it is always the same texts with
/// values between them, so Mustache is asked once, when it is loaded. It takes ten times as long.
struct FlatTemplate {
  private enum Piece {
    case text(String)
    case value(String)
  }

  /// Stands around names in the one rendering; no template has it (see `TemplateSource`).
  private static let mark = "\u{1}"

  private let pieces: [Piece]
  private let textLength: Int

  /// Nil for a template with sections.
  init?(_ source: [TemplatePiece], compiled: MustacheTemplate, library: MustacheLibrary) {
    var names: [String] = []
    for case .tag(let tag, _) in source {
      switch tag {
      case .open: return nil
      case .variable(let name, _): names.append(name)
      case .close, .layout, .block, .partial, .textPragma, .comment: break
      }
    }
    let rendered = compiled.render(Self.marks(names), library: library).utf8
      .split(separator: 1, omittingEmptySubsequences: false)
    pieces = rendered.enumerated().map { place, piece in
      let text = String(decoding: Array(piece), as: UTF8.self)
      return place.isMultiple(of: 2) ? .text(text) : .value(text)
    }
    textLength = rendered.reduce(0) { $0 + $1.count }
  }

  /// Each name as its own value.
  private static func marks(_ names: [String]) -> [String: Any] {
    var values: [String: Any] = [:]
    var data: [String: Any] = [:]
    for name in names {
      if name.isDataName {
        data[String(decoding: name.utf8.dropFirst(5), as: UTF8.self)] = mark + name + mark
      } else {
        values[name] = mark + name + mark
      }
    }
    values["data"] = data
    return values
  }

  func render(_ values: TemplateValues, _ escape: (String) -> String) -> String {
    var text = ""
    text.reserveCapacity(textLength + 512)
    for piece in pieces {
      switch piece {
      case .text(let literal): text += literal
      case .value(let name): text += values.text(name).map(escape) ?? ""
      }
    }
    return text
  }
}
