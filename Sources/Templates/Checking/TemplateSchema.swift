/// What a template may say. Who fills templates writes one for each of them.
public struct TemplateSchema: Sendable {
  public enum Form: Sendable { case text, html }

  public let form: Form
  public let names: TemplateNames
  /// The name of a value that has to stand there exactly once, outside of sections, and in HTML as
  /// `<a href="{{NAME}}">` alone.
  public let link: String?
  /// Whether `data.NAME` may be used: values from outside, any of which may not be there.
  public let hasData: Bool
  /// What `{{>NAME}}` may name.
  public let partials: [String]
  /// What `{{<NAME}}` may name.
  public let layout: String?

  public init(
    _ form: Form, _ names: TemplateNames = TemplateNames(), link: String? = nil,
    hasData: Bool = false, partials: [String] = [], layout: String? = nil
  ) {
    self.form = form
    self.names = names
    self.link = link
    self.hasData = hasData
    self.partials = partials
    self.layout = layout
  }
}

/// The names that may stand in a template or in one of its sections.
public struct TemplateNames: Sendable {
  /// Always have a value.
  public var values: [String]
  /// May have none, so they stand in sections of their own name.
  public var optional: [String]
  /// Are no values, but open sections.
  public var flags: [String]
  /// Flags too: of each group exactly one opens.
  public var choices: [[String]]
  /// By the name of a section: what may stand only there.
  public var inside: [String: TemplateNames]

  public init(
    values: [String] = [], optional: [String] = [], flags: [String] = [],
    choices: [[String]] = [], inside: [String: TemplateNames] = [:]
  ) {
    self.values = values
    self.optional = optional
    self.flags = flags
    self.choices = choices
    self.inside = inside
  }

  var sections: [String] { optional + flags + choices.flatMap(\.self) }

  /// What may stand in the section that a name opens.
  func opened(by name: String) -> TemplateNames {
    var names = self
    if optional.contains(name) {
      names.values.append(name)
      names.optional.removeAll { $0 == name }
      // It may be asked again, to no effect.
      names.flags.append(name)
    }
    guard let more = inside[name] else { return names }
    names.values += more.values
    names.optional += more.optional
    names.flags += more.flags
    names.choices += more.choices
    names.inside.merge(more.inside) { $1 }
    return names
  }
}

extension String {
  /// `data.` and a name without further dots: values in values are not reached.
  var isDataName: Bool {
    let parts = utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return parts.count == 2 && parts[0].elementsEqual("data".utf8) && !parts[1].isEmpty
  }
}
