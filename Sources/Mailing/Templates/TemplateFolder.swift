internal import Glibc

/// Reads template files with bounds on what it will take.
enum TemplateFolder {
  static let maximumFileSize = 64 * 1024

  /// The visible names in a folder, in order.
  static func entries(_ path: String, named name: String) throws(MailingError) -> [String] {
    guard let folder = opendir(path) else { throw failure(name) }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if let name, name.utf8.first != UInt8(ascii: ".") { names.append(name) }
    }
    return names.sorted()
  }

  static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  static func text(_ path: String, named name: String) throws(MailingError) -> String {
    // Without O_NONBLOCK a named pipe would stop the start for ever.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw failure(name) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw .template(file: name, problem: "is not a regular file")
    }
    let bytes = try contents(of: descriptor, named: name)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .template(file: name, problem: "is not UTF-8")
    }
    return text
  }

  private static func contents(
    of descriptor: Int32, named name: String
  ) throws(MailingError) -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 8192)
    while bytes.count <= maximumFileSize {
      let count = read(descriptor, &chunk, chunk.count)
      if count == 0 { return bytes }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw failure(name) }
      bytes += chunk[..<count]
    }
    throw .template(file: name, problem: "is larger than 64 KiB")
  }

  /// To be called before anything else changes `errno`.
  private static func failure(_ name: String) -> MailingError {
    let problem =
      switch errno {
      case ENOENT, ENOTDIR: "does not exist"
      case EACCES: "may not be read by this user"
      default: "cannot be read (errno \(errno))"
      }
    return .template(file: name, problem: problem)
  }
}
