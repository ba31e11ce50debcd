import Glibc
import PasswordReset
import Testing

@testable import Mailing

/// Which files may stand beside a template.
struct FileFolderTests {
  @Test func `a file's name has at most 100 octets`() throws {
    let folder = try MailFolder.english()
    try folder.write("mail/en/link.attachments/" + String(repeating: "é", count: 50), "x")
    #expect(folder.problem() == nil)
    try folder.write("mail/en/link.attachments/" + String(repeating: "é", count: 50) + "x", "x")
    #expect(
      folder.problem()
        == "mail/en/link.attachments: has a file whose name is longer than 100 octets")
  }

  @Test(arguments: ["a\nb", "a\rb", "\u{1}", "a\u{7f}", "a\u{85}", "a\u{2028}", "a\u{202e}gpj.exe"])
  func `a name with a control character is refused and not repeated`(name: String) throws {
    let folder = try MailFolder.english()
    try folder.write("mail/en/link.attachments/\(name)", "x")
    #expect(
      folder.problem()
        == "mail/en/link.attachments: has a file whose name has a control character")
  }

  @Test func `a name that is not UTF-8 is refused`() throws {
    let folder = try MailFolder.english()
    try folder.write("mail/en/link.attachments/x", "x")
    let path = Array("\(folder.path)/mail/en/link.attachments/a".utf8) + [0xff, 0]
    let descriptor = path.map { CChar(bitPattern: $0) }.withUnsafeBufferPointer { name in
      name.baseAddress.map { open($0, O_WRONLY | O_CREAT, 0o600) } ?? -1
    }
    try #require(descriptor >= 0)
    close(descriptor)
    #expect(
      folder.problem() == "mail/en/link.attachments: has a file whose name is not UTF-8")
  }

  @Test(arguments: ["a b.png", "é.png", "a+b", "a@b", "a%20b", "a\nb", "a\"b", "a:b"])
  func `an inline name is of letters, digits, dot, underline and hyphen`(name: String) throws {
    let folder = try MailFolder.english()
    try folder.write("mail/en/link.inline/\(name)", "x")
    #expect(
      folder.problem() == "mail/en/link.inline: has a file whose name is not of letters, "
        + "digits, '.', '_' and '-' alone")
  }

  @Test func `hidden files and empty folders are passed over`() throws {
    let folder = try MailFolder.english()
    try folder.write("mail/en/link.inline/.gitkeep", "")
    try folder.write("mail/en/link.attachments/.DS_Store", "x")
    folder.makeFolders(for: "mail/en/no_account.attachments/x")
    #expect(folder.problem() == nil)
    #expect(try folder.compose(Sample.letter()).files.isEmpty)
  }

  @Test func `what is no regular file is refused`() throws {
    let folder = try MailFolder.english()
    try folder.write("mail/en/link.attachments/sub/x", "x")
    #expect(
      folder.problem() == "mail/en/link.attachments/sub: is not a regular file")
    folder.remove(name: "mail/en/link.attachments/sub")
    #expect(mkfifo("\(folder.path)/mail/en/link.attachments/pipe", 0o600) == 0)
    #expect(
      folder.problem() == "mail/en/link.attachments/pipe: is not a regular file")
    folder.remove(name: "mail/en/link.attachments/pipe")
    #expect(symlink("nowhere", "\(folder.path)/mail/en/link.attachments/gone") == 0)
    #expect(folder.problem() == "mail/en/link.attachments/gone: does not exist")
    folder.remove(name: "mail/en/link.attachments")
    try folder.write("mail/en/link.attachments", "x")
    #expect(folder.problem() == "mail/en/link.attachments: is not a folder")
  }

  @Test(.enabled(if: geteuid() != 0))
  func `a file that this user may not read is refused`() throws {
    let folder = try MailFolder.english()
    try folder.write("mail/en/link.attachments/a.txt", "x")
    #expect(chmod("\(folder.path)/mail/en/link.attachments/a.txt", 0) == 0)
    #expect(
      folder.problem()
        == "mail/en/link.attachments/a.txt: may not be read by this user")
  }

  @Test(arguments: ["no-account.inline", "Link.attachments", "x.inline", ".attachments"])
  func `a folder of no known kind is a typing error`(name: String) throws {
    let folder = try MailFolder.english()
    try folder.write("mail/en/\(name)/a.txt", "x")
    let isHidden = name.hasPrefix(".")
    #expect(
      folder.problem()
        == (isHidden
          ? nil
          : "mail/en/\(name): is for no kind of mail; the kinds are link, changed and "
            + "no_account"))
  }
}
