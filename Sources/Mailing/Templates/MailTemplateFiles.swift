public import Templates

/// The texts of mail templates by path, such as `en/link.txt.mustache`, and the files beside them.
public struct MailTemplateFiles: Sendable {
  let texts: TemplateFiles
  /// By language and kind, such as `en/link`.
  let beside: [String: [FileBeside]]

  public init(contents: [String: String]) {
    self.init(texts: TemplateFiles("mail", contents: contents), beside: [:])
  }

  init(texts: TemplateFiles, beside: [String: [FileBeside]]) {
    self.texts = texts
    self.beside = beside
  }

  /// Those that are part of the program.
  public static let embedded = MailTemplateFiles(texts: .embedded("mail"), beside: [:])

  /// Those in `mail/<locale>/` below the folder, with the files in `<kind>.inline/` and
  /// `<kind>.attachments/`, of which each may have 1 GiB.
  public init(directory: String) throws(TemplateProblem) {
    let root = directory + "/mail"
    var beside: [String: [FileBeside]] = [:]
    for locale in try TemplateFolder.entries(root, named: "mail")
    where TemplateFolder.isFolder("\(root)/\(locale)") {
      for name in try TemplateFolder.entries("\(root)/\(locale)", named: "mail/\(locale)") {
        guard let folder = FileFolder(name) else { continue }
        beside["\(locale)/\(folder.kindName)", default: []] +=
          try folder.files("\(root)/\(locale)/\(name)", named: "mail/\(locale)/\(name)")
      }
    }
    self.init(texts: try TemplateFiles("mail", in: directory), beside: beside)
  }

  /// The folders of languages that have files beside templates.
  var foldersBeside: [String] {
    beside.keys.compactMap { path in
      path.utf8.firstIndex(of: UInt8(ascii: "/")).map { String(path[..<$0]) }
    }
  }

  static func key(_ kind: MailKind, locale: String) -> String { "\(locale)/\(kind.rawValue)" }

  /// The kinds of which there is any file.
  func kinds(of locale: String) -> [MailKind] {
    let names = texts.names(of: locale)
    return MailKind.allCases.filter { kind in
      beside[Self.key(kind, locale: locale)]?.isEmpty == false
        || MailPart.allCases.contains { names.contains($0.name(of: kind)) }
    }
  }

  /// The first file of the language that looks like a part of a template but is of no known kind:
  /// passed over, a typing error would go unnoticed.
  func strayPart(of locale: String) -> String? {
    texts.names(of: locale).first { name in
      MailPart.kindName(of: name).map { MailKind(rawValue: $0) == nil } ?? false
    }
  }
}
