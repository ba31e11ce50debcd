internal import Glibc
internal import Templates

/// A folder of files that go along with the mails of a template.
struct FileFolder {
  let kindName: String
  private let isInline: Bool

  /// Nil for a name that ends neither in `.inline` nor in `.attachments`.
  init?(_ name: String) {
    guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")) else { return nil }
    switch name[dot...] {
    case ".inline": isInline = true
    case ".attachments": isInline = false
    default: return nil
    }
    kindName = String(name[..<dot])
  }

  /// In the order of their names. Hidden ones are passed over.
  ///
  /// - Parameter name: what errors call the folder.
  func files(_ path: String, named name: String) throws(TemplateProblem) -> [FileBeside] {
    guard MailKind(rawValue: kindName) != nil else {
      throw TemplateProblem(
        file: name, problem: "is for no kind of mail; the kinds are \(MailKind.list)")
    }
    guard TemplateFolder.isFolder(path) else {
      throw TemplateProblem(file: name, problem: "is not a folder")
    }
    var files: [FileBeside] = []
    for bytes in try TemplateFolder.names(path, named: name) {
      let file = try checkedName(bytes, in: name)
      try check("\(path)/\(file)", named: "\(name)/\(file)")
      files.append(FileBeside(path: "\(path)/\(file)", name: file, isInline: isInline))
    }
    return files.sorted { $0.name < $1.name }
  }

  /// A bad name is not repeated, since it might not be fit to be shown.
  private func checkedName(_ bytes: [UInt8], in folder: String) throws(TemplateProblem) -> String {
    let problem: String
    if bytes.count > FileBeside.maximumNameLength {
      problem = "has a file whose name is longer than \(FileBeside.maximumNameLength) octets"
    } else if isInline, !bytes.allSatisfy(FileBeside.isPlain) {
      problem = "has a file whose name is not of letters, digits, '.', '_' and '-' alone"
    } else if let name = String(validating: bytes, as: UTF8.self) {
      if SafeText.isSingleLine(name) { return name }
      problem = "has a file whose name has a control character"
    } else {
      problem = "has a file whose name is not UTF-8"
    }
    throw TemplateProblem(file: folder, problem: problem)
  }

  /// Opened but not read: so it is certain that this user may.
  private func check(_ path: String, named name: String) throws(TemplateProblem) {
    let (descriptor, status) = try Self.open(path, named: name)
    close(descriptor)
    guard Int64(status.st_size) <= FileBeside.maximumSize else {
      throw TemplateProblem(file: name, problem: "is larger than 1 GiB")
    }
    // Some providers refuse a mail with one.
    guard status.st_size > 0 else { throw TemplateProblem(file: name, problem: "is empty") }
  }

  /// A regular file to be read; the caller closes it.
  private static func open(
    _ path: String, named name: String
  ) throws(TemplateProblem) -> (descriptor: Int32, status: stat) {
    // Without O_NONBLOCK a named pipe would stop the start for ever.
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw TemplateProblem(file: name, problem: TemplateFolder.problem(errno))
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw TemplateProblem(file: name, problem: "is not a regular file")
    }
    return (descriptor, status)
  }
}
