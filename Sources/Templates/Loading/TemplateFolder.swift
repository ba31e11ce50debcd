internal import Formats
internal import Glibc

/// Reads folders and files of templates, with bounds on what is taken.
public enum TemplateFolder {
  private static let maximumFileSize = 64 * 1024

  /// The visible names in a folder, in order; those that are not UTF-8 are passed over.
  ///
  /// - Parameter name: what errors call the folder.
  public static func entries(
    _ path: String, named name: String
  ) throws(TemplateProblem) -> [String] {
    try names(path, named: name).compactMap { String(validating: $0, as: UTF8.self) }.sorted()
  }

  /// The visible names in a folder, as they stand.
  public static func names(
    _ path: String, named name: String
  ) throws(TemplateProblem) -> [[UInt8]] {
    guard let folder = opendir(path) else {
      throw TemplateProblem(file: name, problem: Self.problem(errno))
    }
    defer { closedir(folder) }
    var names: [[UInt8]] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      if name.first != UInt8(ascii: ".") { names.append(name) }
    }
    return names
  }

  public static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Whether there is anything of this name, a link that leads nowhere included.
  public static func isThere(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }

  static func text(_ path: String, named name: String) throws(TemplateProblem) -> String {
    do { return try SmallFile.text(path, for: .anybody, atMost: maximumFileSize) } catch {
      throw TemplateProblem(file: name, problem: "\(error)")
    }
  }

  /// For a file or folder that cannot be opened.
  public static func problem(_ error: Int32) -> String {
    switch error {
    case ENOENT: "does not exist"
    case ENOTDIR: "is not a folder"
    case EACCES: "may not be read by this user"
    default: "cannot be read (errno \(error))"
    }
  }
}
