public import Formats

/// The texts of templates of one sort, by path: a folder for each language, named after its tag,
/// with files `NAME.mustache`, such as `en/link.txt.mustache`.
public struct TemplateFiles: Sendable {
  /// What the sort is called: the folder below that of templates, `mail` or `pages`.
  public let sort: String
  public let contents: [String: String]

  public init(_ sort: String, contents: [String: String]) {
    self.sort = sort
    self.contents = contents
  }

  /// Those that are part of the program.
  public static func embedded(_ sort: String) -> TemplateFiles {
    let prefix = "\(sort)/".utf8
    var contents: [String: String] = [:]
    for (path, content) in EmbeddedFiles.contents where path.utf8.starts(with: prefix) {
      contents[String(decoding: path.utf8.dropFirst(prefix.count), as: UTF8.self)] = content
    }
    return TemplateFiles(sort, contents: contents)
  }

  /// Those below a folder of templates. Hidden entries and other files are passed over; a template
  /// may have 64 KiB.
  public init(_ sort: String, in directory: String) throws(TemplateProblem) {
    let root = "\(directory)/\(sort)"
    var contents: [String: String] = [:]
    for locale in try TemplateFolder.entries(root, named: sort)
    where TemplateFolder.isFolder("\(root)/\(locale)") {
      for name in try TemplateFolder.entries("\(root)/\(locale)", named: "\(sort)/\(locale)")
      where Self.name(of: name) != nil {
        contents["\(locale)/\(name)"] = try TemplateFolder.text(
          "\(root)/\(locale)/\(name)", named: "\(sort)/\(locale)/\(name)")
      }
    }
    self.init(sort, contents: contents)
  }

  /// What errors call a template.
  func file(_ name: String, _ locale: String) -> String { "\(sort)/\(locale)/\(name).mustache" }

  /// As it is used: a file may have any kind of line end, and a byte order mark.
  public func text(_ name: String, _ locale: String) -> String? {
    contents["\(locale)/\(name).mustache"]?.withLineFeeds
  }

  /// The names of a language's templates, in order.
  public func names(of locale: String) -> [String] {
    contents.keys.filter { $0.utf8.starts(with: "\(locale)/".utf8) }.compactMap { path in
      Self.name(of: String(decoding: path.utf8.dropFirst(locale.utf8.count + 1), as: UTF8.self))
    }.sorted()
  }

  /// The languages that have a folder, in order.
  ///
  /// - Parameter others: folders without templates.
  public func languages(
    and others: some Sequence<String> = EmptyCollection()
  ) throws(TemplateProblem) -> [(tag: LanguageTag, folder: String)] {
    let folders = contents.keys.compactMap { path in
      path.utf8.firstIndex(of: UInt8(ascii: "/")).map { String(path[..<$0]) }
    }
    var seen: Set<String> = []
    var languages: [(tag: LanguageTag, folder: String)] = []
    for folder in Set(folders + Array(others)).sorted() {
      guard let tag = LanguageTag(folder) else {
        throw TemplateProblem(
          file: "\(sort)/\(folder)", problem: "is a folder whose name is no language tag")
      }
      guard seen.insert(folder.lowercased()).inserted else {
        throw TemplateProblem(
          file: "\(sort)/\(folder)", problem: "is a language that has two folders")
      }
      languages.append((tag, folder))
    }
    return languages
  }

  /// Nil for a file that is no template.
  private static func name(of file: String) -> String? {
    let ending = ".mustache".utf8
    guard file.utf8.suffix(ending.count).elementsEqual(ending) else { return nil }
    return String(decoding: file.utf8.dropLast(ending.count), as: UTF8.self)
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
