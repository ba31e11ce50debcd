/// The texts of mail templates by path, such as `en/link.txt.mustache`.
public struct TemplateFiles: Sendable {
  let contents: [String: String]

  public init(contents: [String: String]) {
    self.contents = contents
  }

  /// Those that are part of the program.
  public static let embedded = TemplateFiles(contents: EmbeddedFiles.contents)

  /// Those in `mail/<locale>/` below the folder. Hidden entries and files that do not end in
  /// `.mustache` are passed over; a file may have 64 KiB.
  public init(directory: String) throws(MailingError) {
    let root = directory + "/mail"
    var contents: [String: String] = [:]
    for locale in try TemplateFolder.entries(root, named: "mail")
    where TemplateFolder.isFolder("\(root)/\(locale)") {
      for name in try TemplateFolder.entries("\(root)/\(locale)", named: locale)
      where name.utf8.suffix(9).elementsEqual(".mustache".utf8) {
        let path = "\(locale)/\(name)"
        contents[path] = try TemplateFolder.text("\(root)/\(path)", named: path)
      }
    }
    self.init(contents: contents)
  }

  /// The folder names, in order.
  var locales: [String] {
    let folders = contents.keys.compactMap { path in
      path.utf8.firstIndex(of: UInt8(ascii: "/")).map { String(path[..<$0]) }
    }
    return Set(folders).sorted()
  }
}
