import Glibc
import PasswordReset
import Templates
import Testing

@testable import Mailing

/// A folder of templates that goes away with its last reference.
final class MailFolder {
  let path: String

  init() throws {
    // mkdtemp puts letters of its own in place of the six.
    var template = Array("/tmp/mailing-tests-XXXXXX\0".utf8).map { CChar(bitPattern: $0) }
    let made = mkdtemp(&template)
    path = String(cString: try #require(made))
  }

  deinit { remove(path) }

  func write(_ name: String, _ content: String) throws { try write(name, Array(content.utf8)) }

  /// - Parameter size: what the file is made to have; the rest is a hole.
  func write(_ name: String, _ bytes: [UInt8], size: Int? = nil) throws {
    makeFolders(for: name)
    let descriptor = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    try #require(descriptor >= 0)
    #expect(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
    if let size { #expect(ftruncate(descriptor, size) == 0) }
    close(descriptor)
  }

  func makeFolders(for name: String) {
    var folder = path
    for part in name.split(separator: "/").dropLast() {
      folder += "/\(part)"
      mkdir(folder, 0o700)
    }
  }

  func remove(name: String) { remove("\(path)/\(name)") }

  private func remove(_ path: String) {
    if unlink(path) == 0 { return }
    if let folder = opendir(path) {
      while let entry = readdir(folder) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
        if name != [46], name != [46, 46] { removeEntry(name, of: path) }
      }
      closedir(folder)
    }
    rmdir(path)
  }

  /// A name need not be UTF-8.
  private func removeEntry(_ name: [UInt8], of folder: String) {
    let path = Array("\(folder)/".utf8) + name
    if let text = String(validating: path, as: UTF8.self) { return remove(text) }
    _ = (path + [0]).map { CChar(bitPattern: $0) }.withUnsafeBufferPointer { name in
      name.baseAddress.map { unlink($0) }
    }
  }

  func writeEnglish(_ kinds: [MailKind] = MailKind.allCases) throws {
    for kind in kinds {
      for part in MailPart.allCases {
        let file = "en/\(part.file(of: kind))"
        try write("mail/\(file)", try #require(MailTemplateFiles.embedded.texts.contents[file]))
      }
    }
  }

  static func english() throws -> MailFolder {
    let folder = try MailFolder()
    try folder.writeEnglish()
    return folder
  }

  /// Adds to the HTML of the mail with a link.
  func show(_ html: String) throws {
    try write("mail/en/link.html.mustache", "<a href=\"{{link}}\">Choose</a>\(html)")
  }

  func templates() throws(TemplateProblem) -> MailTemplates {
    try MailTemplates(try MailTemplateFiles(directory: path))
  }

  func compose(_ letter: Letter) throws -> RenderedMail {
    try MessageRenderer(templates: templates()).compose(letter)
  }

  func problem() -> String? {
    do throws(TemplateProblem) {
      _ = try templates()
      return nil
    } catch { return error.description }
  }
}
