internal import Glibc

/// Reads template files with bounds on what it will take.
enum TemplateFolder {
  static let maximumFileSize = 64 * 1024

  /// The visible names in a folder, in order; those that are not UTF-8 are passed over.
  static func entries(_ path: String, named name: String) throws(MailingError) -> [String] {
    try names(path, named: name).compactMap { String(validating: $0, as: UTF8.self) }.sorted()
  }

  /// The visible names in a folder, as they stand.
  static func names(_ path: String, named name: String) throws(MailingError) -> [[UInt8]] {
    guard let folder = opendir(path) else { throw failure(name) }
    defer { closedir(folder) }
    var names: [[UInt8]] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      if name.first != UInt8(ascii: ".") { names.append(name) }
    }
    return names
  }

  static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  static func text(_ path: String, named name: String) throws(MailingError) -> String {
    let descriptor = try open(path, named: name).descriptor
    defer { close(descriptor) }
    let bytes = try contents(of: descriptor, named: name)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .template(file: name, problem: "is not UTF-8")
    }
    return text
  }

  /// Opens a regular file to read; the caller closes it.
  static func open(
    _ path: String, named name: String
  ) throws(MailingError) -> (descriptor: Int32, status: stat) {
    // Without O_NONBLOCK a named pipe would stop the start for ever.
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw failure(name) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw .template(file: name, problem: "is not a regular file")
    }
    return (descriptor, status)
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
