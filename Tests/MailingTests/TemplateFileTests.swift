import Glibc
import PasswordReset
import Testing

@testable import Mailing

struct TemplateFileTests {
  private func folder() throws -> MailFolder {
    let folder = try MailFolder()
    try folder.writeEnglish()
    return folder
  }

  private func show(_ source: String, in folder: MailFolder, locale: String = "en") throws {
    try folder.write(
      "mail/\(locale)/link.html.mustache", "<a href=\"{{link}}\">Choose</a>\(source)")
  }

  private func compose(_ folder: MailFolder, _ letter: Letter) throws -> RenderedMail {
    try MessageRenderer(templates: folder.templates()).compose(letter)
  }

  @Test func `files beside a template go along with its mails, and with no others`() throws {
    let folder = try folder()
    try show("<img src=\"cid:logo.png\" alt=\"\">", in: folder)
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
    let folder = try folder()
    for part in TemplatePart.allCases.map({ $0.file(of: .link) }) {
      try folder.write("mail/de/\(part)", try #require(TemplateFiles.embedded.contents["en/\(part)"]))
    }
    try folder.write("mail/en/link.attachments/terms.txt", "x")
    try folder.write("mail/en/changed.attachments/help.txt", "x")
    try folder.write("mail/de/link.attachments/AGB.txt", "x")
    func names(_ subject: Letter.Subject?, _ locale: String) throws -> [String] {
      try compose(folder, Sample.letter(subject, locale: locale)).files.map(\.name)
    }
    #expect(try names(nil, "de-AT") == ["AGB.txt"])
    #expect(try names(nil, "fr") == ["terms.txt"])
    #expect(try names(.changed, "de") == ["help.txt"])
  }

  @Test func `files come in the order of their names`() throws {
    let folder = try folder()
    for name in ["b", "a", "c"] { try folder.write("mail/en/link.attachments/\(name)", name) }
    #expect(try compose(folder, Sample.letter()).files.map(\.name) == ["a", "b", "c"])
  }

  @Test func `a file's size is looked up for every mail, and one that has gone is named`() throws {
    let folder = try folder()
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
    let folder = try folder()
    let name = "mail/en/link.attachments/big.zip"
    try folder.write(name, [], size: 1 << 30)
    let renderer = MessageRenderer(templates: try folder.templates())
    #expect(try renderer.compose(Sample.letter()).files.map(\.size) == [1 << 30])
    try folder.write(name, [], size: 1 << 30 + 1)
    #expect(folder.problem() == "mail template en/link.attachments/big.zip: is larger than 1 GiB")
    #expect(throws: CompositionError(cause: "file_too_large")) {
      try renderer.compose(Sample.letter())
    }
  }

  @Test func `a template has at most 20 files of both sorts`() throws {
    let folder = try folder()
    try show("<img src=\"cid:a\">", in: folder)
    try folder.write("mail/en/link.inline/a", "x")
    for number in 1..<20 { try folder.write("mail/en/link.attachments/\(number)", "x") }
    try folder.write("mail/en/changed.attachments/1", "x")
    #expect(folder.problem() == nil)
    try folder.write("mail/en/link.attachments/20", "x")
    #expect(folder.problem() == "mail template en/link: has more than 20 files beside it")
  }

  @Test func `a file's name has at most 100 octets`() throws {
    let folder = try folder()
    try folder.write("mail/en/link.attachments/" + String(repeating: "é", count: 50), "x")
    #expect(folder.problem() == nil)
    try folder.write("mail/en/link.attachments/" + String(repeating: "é", count: 50) + "x", "x")
    #expect(
      folder.problem()
        == "mail template en/link.attachments: has a file whose name is longer than 100 octets")
  }

  @Test(arguments: ["a\nb", "a\rb", "\u{1}", "a\u{7f}", "a\u{85}", "a\u{2028}", "a\u{202e}gpj.exe"])
  func `a name with a control character is refused and not repeated`(name: String) throws {
    let folder = try folder()
    try folder.write("mail/en/link.attachments/\(name)", "x")
    #expect(
      folder.problem()
        == "mail template en/link.attachments: has a file whose name has a control character")
  }

  @Test func `a name that is not UTF-8 is refused`() throws {
    let folder = try folder()
    try folder.write("mail/en/link.attachments/x", "x")
    let path = Array("\(folder.path)/mail/en/link.attachments/a".utf8) + [0xff, 0]
    let descriptor = path.map { CChar(bitPattern: $0) }.withUnsafeBufferPointer { name in
      name.baseAddress.map { open($0, O_WRONLY | O_CREAT, 0o600) } ?? -1
    }
    try #require(descriptor >= 0)
    close(descriptor)
    #expect(
      folder.problem() == "mail template en/link.attachments: has a file whose name is not UTF-8")
  }

  @Test(arguments: ["a b.png", "é.png", "a+b", "a@b", "a%20b", "a\nb", "a\"b", "a:b"])
  func `an inline name is of letters, digits, dot, underline and hyphen`(name: String) throws {
    let folder = try folder()
    try folder.write("mail/en/link.inline/\(name)", "x")
    #expect(
      folder.problem() == "mail template en/link.inline: has a file whose name is not of letters, "
        + "digits, '.', '_' and '-' alone")
  }

  @Test(arguments: [
    "<img src=\"cid:A-z_0.9.png\">", "<img src='cid:A-z_0.9.png'>", "<img src=cid:A-z_0.9.png>",
    "<IMG\nSRC=\"CID:A-z_0.9.png\">", "<p style=\"background: url(cid:A-z_0.9.png)\">",
    "<style>p { background: url( cid:A-z_0.9.png ) }</style>",
    "<!--[if mso]><img src=\"cid:A-z_0.9.png\"><![endif]-->",
    "<img srcset=\"cid:A-z_0.9.png 1x, cid:A-z_0.9.png 2x\">",
    "{{#data.x}}<img src=\"cid:A-z_0.9.png\">{{/data.x}}<p>cid:other cid: {{brand}}</p>",
  ])
  func `a reference is found wherever HTML may have it`(html: String) throws {
    let folder = try folder()
    try show(html, in: folder)
    #expect(
      folder.problem() == "mail template en/link.html.mustache: refers to cid:A-z_0.9.png, which "
        + "is not in link.inline")
    try folder.write("mail/en/link.inline/A-z_0.9.png", "x")
    #expect(folder.problem() == nil)
  }

  @Test(arguments: [
    "<p>cid:a.png</p>", "<p title=\"acid:a.png\">", "{{! <img src=\"cid:a.png\"> }}", "",
    "<img src=\"cid:A.png\"><img src=\"cid:a.png.x\">",
  ])
  func `an inline file that nothing shows is refused`(html: String) throws {
    let folder = try folder()
    try show(html, in: folder)
    for name in ["A.png", "a.png.x"] where html.contains("cid:\(name)\"") {
      try folder.write("mail/en/link.inline/\(name)", "x")
    }
    #expect(folder.problem() == nil)
    try folder.write("mail/en/link.inline/a.png", "x")
    #expect(
      folder.problem()
        == "mail template en/link.inline/a.png: is not used; its template has no cid:a.png")
  }

  @Test(arguments: ["<img src=\"cid:\">", "<img src=\"cid:a%20b\">", "<img src=\"cid:a@b\">"])
  func `a reference to what cannot be a name is refused`(html: String) throws {
    let folder = try folder()
    try show(html, in: folder)
    #expect(
      folder.problem() == "mail template en/link.html.mustache: has a cid: without a name of "
        + "letters, digits, '.', '_' and '-'")
  }

  @Test func `an attachment is no inline file, and another kind's files are not its own`() throws {
    let folder = try folder()
    try show("<img src=\"cid:a.png\">", in: folder)
    try folder.write("mail/en/link.attachments/a.png", "x")
    try folder.write("mail/en/changed.html.mustache", "<img src=\"cid:a.png\">")
    try folder.write("mail/en/changed.inline/a.png", "x")
    #expect(folder.problem()?.contains("link.html.mustache: refers to cid:a.png") == true)
  }

  @Test func `files alone make a kind that needs its templates`() throws {
    let folder = try MailFolder()
    try folder.writeEnglish([.link])
    #expect(folder.problem() == nil)
    try folder.write("mail/en/changed.attachments/a.txt", "x")
    #expect(folder.problem() == "mail template en/changed.subject.mustache: does not exist")
  }

  @Test func `hidden files and empty folders are passed over`() throws {
    let folder = try folder()
    try folder.write("mail/en/link.inline/.gitkeep", "")
    try folder.write("mail/en/link.attachments/.DS_Store", "x")
    folder.makeFolders(for: "mail/en/no_account.attachments/x")
    #expect(folder.problem() == nil)
    #expect(try compose(folder, Sample.letter()).files.isEmpty)
  }

  @Test func `what is no regular file is refused`() throws {
    let folder = try folder()
    try folder.write("mail/en/link.attachments/sub/x", "x")
    #expect(
      folder.problem() == "mail template en/link.attachments/sub: is not a regular file")
    folder.remove(name: "mail/en/link.attachments/sub")
    #expect(mkfifo("\(folder.path)/mail/en/link.attachments/pipe", 0o600) == 0)
    #expect(
      folder.problem() == "mail template en/link.attachments/pipe: is not a regular file")
    folder.remove(name: "mail/en/link.attachments/pipe")
    #expect(symlink("nowhere", "\(folder.path)/mail/en/link.attachments/gone") == 0)
    #expect(folder.problem() == "mail template en/link.attachments/gone: does not exist")
    folder.remove(name: "mail/en/link.attachments")
    try folder.write("mail/en/link.attachments", "x")
    #expect(folder.problem() == "mail template en/link.attachments: is not a folder")
  }

  @Test(.enabled(if: geteuid() != 0))
  func `a file that this user may not read is refused`() throws {
    let folder = try folder()
    try folder.write("mail/en/link.attachments/a.txt", "x")
    #expect(chmod("\(folder.path)/mail/en/link.attachments/a.txt", 0) == 0)
    #expect(
      folder.problem()
        == "mail template en/link.attachments/a.txt: may not be read by this user")
  }

  @Test(arguments: ["no-account.inline", "Link.attachments", "x.inline", ".attachments"])
  func `a folder of no known kind is a typing error`(name: String) throws {
    let folder = try folder()
    try folder.write("mail/en/\(name)/a.txt", "x")
    let isHidden = name.hasPrefix(".")
    #expect(
      folder.problem()
        == (isHidden
          ? nil
          : "mail template en/\(name): is for no kind of mail; the kinds are link, changed and "
            + "no_account"))
  }
}
