/// The texts of mail templates by path, such as `en/link.txt.mustache`, and the files beside them.
public struct TemplateFiles: Sendable {
  let contents: [String: String]
  /// By language and kind, such as `en/link`.
  let beside: [String: [TemplateFile]]

  public init(contents: [String: String]) {
    self.init(contents: contents, beside: [:])
  }

  init(contents: [String: String], beside: [String: [TemplateFile]]) {
    self.contents = contents
    self.beside = beside
  }

  /// Those that are part of the program.
  public static let embedded = TemplateFiles(contents: EmbeddedFiles.contents)

  /// Those in `mail/<locale>/` below the folder, with the files in `<kind>.inline/` and
  /// `<kind>.attachments/`. Hidden entries and other files are passed over; a template may have
  /// 64 KiB and a file beside it 1 GiB.
  public init(directory: String) throws(MailingError) {
    let root = directory + "/mail"
    var contents: [String: String] = [:]
    var beside: [String: [TemplateFile]] = [:]
    for locale in try TemplateFolder.entries(root, named: "mail")
    where TemplateFolder.isFolder("\(root)/\(locale)") {
      for name in try TemplateFolder.entries("\(root)/\(locale)", named: locale) {
        let path = "\(locale)/\(name)"
        if name.utf8.suffix(9).elementsEqual(".mustache".utf8) {
          contents[path] = try TemplateFolder.text("\(root)/\(path)", named: path)
        } else if let folder = FileFolder(name) {
          beside["\(locale)/\(folder.kindName)", default: []] +=
            try folder.files("\(root)/\(path)", named: path)
        }
      }
    }
    self.init(contents: contents, beside: beside)
  }

  /// The folder names, in order.
  var locales: [String] {
    let folders = (Array(contents.keys) + beside.keys).compactMap { path in
      path.utf8.firstIndex(of: UInt8(ascii: "/")).map { String(path[..<$0]) }
    }
    return Set(folders).sorted()
  }

  static func key(_ kind: TemplateKind, locale: String) -> String { "\(locale)/\(kind.rawValue)" }

  /// The kinds of which there is any file.
  func kinds(of locale: String) -> [TemplateKind] {
    TemplateKind.allCases.filter { kind in
      beside[Self.key(kind, locale: locale)]?.isEmpty == false
        || TemplatePart.allCases.contains { contents["\(locale)/\($0.file(of: kind))"] != nil }
    }
  }

  /// The first file of the language that looks like a part of a template but is of no known kind:
  /// passed over, a typing error would go unnoticed.
  func strayPart(of locale: String) -> String? {
    contents.keys.sorted().first { path in
      guard path.utf8.starts(with: "\(locale)/".utf8) else { return false }
      let name = String(decoding: path.utf8.dropFirst(locale.utf8.count + 1), as: UTF8.self)
      return TemplatePart.kindName(ofFile: name).map { TemplateKind(rawValue: $0) == nil } ?? false
    }
  }
}
