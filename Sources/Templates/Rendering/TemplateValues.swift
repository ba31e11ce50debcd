/// What a template is filled with.
public struct TemplateValues: Sendable {
  /// A value as a template sees it.
  public enum Value: Sendable {
    /// As it is, neither escaped nor cut.
    case text(String)
    /// Opens or closes a section; as a value `true` or `false`.
    case flag(Bool)
    /// Opens a section and has values for it.
    case section(TemplateValues)
  }

  /// By name; those of data with `data.` before it.
  private var values: [String: Value]

  public init(_ values: [String: Value] = [:]) { self.values = values }

  public subscript(name: String) -> Value? {
    get { values[name] }
    set { values[name] = newValue }
  }

  public func text(_ name: String) -> String? {
    switch values[name] {
    case .text(let text): text
    case .flag(let value): String(value)
    case .section, nil: nil
    }
  }

  /// Only strings, truth values and sections: of other types Mustache would show the inside.
  func mustache(_ escape: (String) -> String) -> [String: Any] {
    var plain: [String: Any] = [:]
    var data: [String: Any] = [:]
    for (name, value) in values {
      let value: Any =
        switch value {
        case .text(let text): escape(text)
        case .flag(let value): value
        case .section(let values): values.mustache(escape)
        }
      if name.utf8.starts(with: "data.".utf8) {
        data[String(decoding: name.utf8.dropFirst(5), as: UTF8.self)] = value
      } else {
        plain[name] = value
      }
    }
    plain["data"] = data
    return plain
  }
}
