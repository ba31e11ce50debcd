import Glibc
import Testing

@testable import Mailing

/// A folder that goes away with its last reference.
private final class Folder {
  let path: String

  init() throws {
    var template = Array("/tmp/mailing-tests-XXXXXX\0".utf8).map { CChar(bitPattern: $0) }
    let made = mkdtemp(&template)
    path = String(cString: try #require(made))
  }

  deinit { remove(path) }

  func write(_ name: String, _ bytes: [UInt8]) throws {
    makeFolders(for: name)
    let descriptor = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    try #require(descriptor >= 0)
    #expect(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
    close(descriptor)
  }

  func makeFolders(for name: String) {
    var folder = path
    for part in name.split(separator: "/").dropLast() {
      folder += "/\(part)"
      mkdir(folder, 0o700)
    }
  }

  private func remove(_ path: String) {
    if unlink(path) == 0 { return }
    if let folder = opendir(path) {
      while let entry = readdir(folder) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
          String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        if name != ".", name != ".." { remove("\(path)/\(name)") }
      }
      closedir(folder)
    }
    rmdir(path)
  }

  func writeEnglish() throws {
    for (name, content) in TemplateFiles.embedded.contents {
      try write("mail/\(name)", Array(content.utf8))
    }
  }

  func problem() -> String? {
    do throws(MailingError) {
      _ = try Templates(try TemplateFiles(directory: path))
      return nil
    } catch { return error.description }
  }
}

struct TemplateFolderTests {
  @Test func `templates are read from a folder`() throws {
    let folder = try Folder()
    try folder.writeEnglish()
    try folder.write("mail/en/link.subject.mustache", Array("Of our own\r\n".utf8))
    let files = try TemplateFiles(directory: folder.path)
    #expect(try Sample.render(Sample.letter(), files).subject == "Of our own")
  }

  @Test func `hidden files, other files and other folders are passed over`() throws {
    let folder = try Folder()
    try folder.writeEnglish()
    try folder.write("mail/README", [0xff])
    try folder.write("mail/.git/x.mustache", [0xff])
    try folder.write("mail/en/.link.txt.mustache.swp", [0xff])
    try folder.write("mail/en/notes.txt", [0xff])
    try folder.write("pages/en/x.mustache", [0xff])
    #expect(folder.problem() == nil)
  }

  @Test func `a folder that is not there is named`() throws {
    let folder = try Folder()
    #expect(folder.problem() == "mail template mail: does not exist")
  }

  @Test func `a file that is not UTF-8 is named`() throws {
    let folder = try Folder()
    try folder.writeEnglish()
    try folder.write("mail/en/link.txt.mustache", [0x61, 0xff])
    #expect(folder.problem() == "mail template en/link.txt.mustache: is not UTF-8")
  }

  @Test func `64 KiB are read, one byte more is refused`() throws {
    let folder = try Folder()
    try folder.writeEnglish()
    let link = Array("{{link}}\n".utf8)
    let fill = [UInt8](repeating: UInt8(ascii: "x"), count: 65_536 - link.count)
    try folder.write("mail/en/link.txt.mustache", link + fill)
    #expect(folder.problem() == nil)
    try folder.write("mail/en/link.txt.mustache", link + fill + [UInt8(ascii: "x")])
    #expect(folder.problem() == "mail template en/link.txt.mustache: is larger than 64 KiB")
  }

  @Test func `a named pipe does not stop the start`() throws {
    let folder = try Folder()
    try folder.writeEnglish()
    #expect(unlink("\(folder.path)/mail/en/link.txt.mustache") == 0)
    #expect(mkfifo("\(folder.path)/mail/en/link.txt.mustache", 0o600) == 0)
    #expect(folder.problem() == "mail template en/link.txt.mustache: is not a regular file")
  }
}
