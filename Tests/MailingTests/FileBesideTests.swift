import PasswordReset
import Templates
import Testing

@testable import Mailing

/// What goes along with the mails of a template.
struct FileBesideTests {
  @Test func `files beside a template go along with its mails, and with no others`() throws {
    let folder = try MailFolder.english()
    try folder.show("<img src=\"cid:logo.png\" alt=\"\">")
    try folder.write("mail/en/link.inline/logo.png", [1, 2, 3])
    try folder.write("mail/en/link.attachments/Größe.pdf", [4, 5])
    try folder.write("mail/en/changed.attachments/b.txt", [6])
    let renderer = MessageRenderer(templates: try folder.templates())
    let mail = try renderer.compose(Sample.letter())
    #expect(
      Set(mail.files.map(\.path)) == [
        "\(folder.path)/mail/en/link.inline/logo.png",
        "\(folder.path)/mail/en/link.attachments/Größe.pdf",
      ])
    let received = try ReceivedMail(MIMEMessage.body(of: mail))
    #expect(try received.inline.map { try $0.file() } == [[1, 2, 3]])
    #expect(try received.attachments.map { try $0.file() } == [[4, 5]])
    #expect(try received.attachments[0].disposition().parameters["filename"] == "Größe.pdf")
    #expect(try renderer.compose(Sample.letter(.changed)).files.map(\.name) == ["b.txt"])
    #expect(try renderer.compose(Sample.letter(.noAccount)).files.isEmpty)
  }

  @Test func `files belong to the language whose template is used`() throws {
    let folder = try MailFolder.english()
    for part in MailPart.allCases.map({ $0.file(of: .link) }) {
      let content = try #require(MailTemplateFiles.embedded.texts.contents["en/\(part)"])
      try folder.write("mail/de/\(part)", content)
    }
    try folder.write("mail/en/link.attachments/terms.txt", "x")
    try folder.write("mail/en/changed.attachments/help.txt", "x")
    try folder.write("mail/de/link.attachments/AGB.txt", "x")
    func names(_ subject: Letter.Subject?, _ locale: String) throws -> [String] {
      try folder.compose(Sample.letter(subject, locale: locale)).files.map(\.name)
    }
    #expect(try names(nil, "de-AT") == ["AGB.txt"])
    #expect(try names(nil, "fr") == ["terms.txt"])
    #expect(try names(.changed, "de") == ["help.txt"])
  }

  @Test func `files come in the order of their names`() throws {
    let folder = try MailFolder.english()
    for name in ["b", "a", "c"] { try folder.write("mail/en/link.attachments/\(name)", name) }
    #expect(try folder.compose(Sample.letter()).files.map(\.name) == ["a", "b", "c"])
  }

  @Test func `a file's size is looked up for every mail, and one that has gone is named`() throws {
    let folder = try MailFolder.english()
    try folder.write("mail/en/link.attachments/a.txt", "x")
    let renderer = MessageRenderer(templates: try folder.templates())
    #expect(try renderer.compose(Sample.letter()).files.map(\.size) == [1])
    try folder.write("mail/en/link.attachments/a.txt", "xyz")
    #expect(try renderer.compose(Sample.letter()).files.map(\.size) == [3])
    folder.remove(name: "mail/en/link.attachments/a.txt")
    #expect(throws: CompositionError(cause: "file_missing")) {
      try renderer.compose(Sample.letter())
    }
    folder.makeFolders(for: "mail/en/link.attachments/a.txt/x")
    #expect(throws: CompositionError(cause: "file_missing")) {
      try renderer.compose(Sample.letter())
    }
    #expect(try renderer.compose(Sample.letter(.changed)).files.isEmpty)
  }

  @Test func `a file has at most 1 GiB, at the start and for every mail`() throws {
    let folder = try MailFolder.english()
    let name = "mail/en/link.attachments/big.zip"
    try folder.write(name, [], size: 1 << 30)
    let renderer = MessageRenderer(templates: try folder.templates())
    #expect(try renderer.compose(Sample.letter()).files.map(\.size) == [1 << 30])
    try folder.write(name, [], size: 1 << 30 + 1)
    #expect(folder.problem() == "mail/en/link.attachments/big.zip: is larger than 1 GiB")
    #expect(throws: CompositionError(cause: "file_too_large")) {
      try renderer.compose(Sample.letter())
    }
  }

  @Test func `a template has at most 20 files of both sorts`() throws {
    let folder = try MailFolder.english()
    try folder.show("<img src=\"cid:a\">")
    try folder.write("mail/en/link.inline/a", "x")
    for number in 1..<20 { try folder.write("mail/en/link.attachments/\(number)", "x") }
    try folder.write("mail/en/changed.attachments/1", "x")
    #expect(folder.problem() == nil)
    try folder.write("mail/en/link.attachments/20", "x")
    #expect(folder.problem() == "mail/en/link: has more than 20 files beside it")
  }

  @Test func `files alone make a kind that needs its templates`() throws {
    let folder = try MailFolder()
    try folder.writeEnglish([.link])
    #expect(folder.problem() == nil)
    try folder.write("mail/en/changed.attachments/a.txt", "x")
    #expect(folder.problem() == "mail/en/changed.subject.mustache: does not exist")
  }
}
