import Glibc
import Templates
import Testing

@testable import Mailing

struct MailTemplateFilesTests {
  @Test func `templates are read from a folder`() throws {
    let folder = try MailFolder()
    try folder.writeEnglish()
    try folder.write("mail/en/link.subject.mustache", Array("Of our own\r\n".utf8))
    let files = try MailTemplateFiles(directory: folder.path)
    #expect(try Sample.render(Sample.letter(), files).subject == "Of our own")
  }

  @Test func `hidden files, other files and other folders are passed over`() throws {
    let folder = try MailFolder()
    try folder.writeEnglish()
    try folder.write("mail/README", [0xff])
    try folder.write("mail/.git/x.mustache", [0xff])
    try folder.write("mail/en/.link.txt.mustache.swp", [0xff])
    try folder.write("mail/en/notes.txt", [0xff])
    try folder.write("pages/en/x.mustache", [0xff])
    #expect(folder.problem() == nil)
  }

  @Test func `a folder that is not there is named`() throws {
    let folder = try MailFolder()
    #expect(folder.problem() == "mail: does not exist")
  }

  @Test func `a file that is not UTF-8 is named`() throws {
    let folder = try MailFolder()
    try folder.writeEnglish()
    try folder.write("mail/en/link.txt.mustache", [0x61, 0xff])
    #expect(folder.problem() == "mail/en/link.txt.mustache: is not UTF-8 text")
  }

  @Test func `64 KiB are read, one byte more is refused`() throws {
    let folder = try MailFolder()
    try folder.writeEnglish()
    let link = Array("{{link}}\n".utf8)
    let fill = [UInt8](repeating: UInt8(ascii: "x"), count: 65_536 - link.count)
    try folder.write("mail/en/link.txt.mustache", link + fill)
    #expect(folder.problem() == nil)
    try folder.write("mail/en/link.txt.mustache", link + fill + [UInt8(ascii: "x")])
    #expect(folder.problem() == "mail/en/link.txt.mustache: has more than 64 KiB")
  }

  @Test func `a named pipe does not stop the start`() throws {
    let folder = try MailFolder()
    try folder.writeEnglish()
    #expect(unlink("\(folder.path)/mail/en/link.txt.mustache") == 0)
    #expect(mkfifo("\(folder.path)/mail/en/link.txt.mustache", 0o600) == 0)
    #expect(folder.problem() == "mail/en/link.txt.mustache: is not a file")
  }
}
