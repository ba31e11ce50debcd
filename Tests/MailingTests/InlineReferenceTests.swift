import Testing

@testable import Mailing

struct InlineReferenceTests {
  @Test(arguments: [
    "<img src=\"cid:A-z_0.9.png\">", "<img src='cid:A-z_0.9.png'>", "<img src=cid:A-z_0.9.png>",
    "<IMG\nSRC=\"CID:A-z_0.9.png\">", "<p style=\"background: url(cid:A-z_0.9.png)\">",
    "<style>p { background: url( cid:A-z_0.9.png ) }</style>",
    "<!--[if mso]><img src=\"cid:A-z_0.9.png\"><![endif]-->",
    "<img srcset=\"cid:A-z_0.9.png 1x, cid:A-z_0.9.png 2x\">",
    "{{#data.x}}<img src=\"cid:A-z_0.9.png\">{{/data.x}}<p>cid:other cid: {{brand}}</p>",
  ])
  func `a reference is found wherever HTML may have it`(html: String) throws {
    let folder = try MailFolder.english()
    try folder.show(html)
    #expect(
      folder.problem()?.replacing("line 2", with: "line 1")
        == "mail/en/link.html.mustache line 1: refers to cid:A-z_0.9.png, which "
        + "is not in link.inline")
    try folder.write("mail/en/link.inline/A-z_0.9.png", "x")
    #expect(folder.problem() == nil)
  }

  @Test(arguments: [
    "<p>cid:a.png</p>", "<p title=\"acid:a.png\">", "{{! <img src=\"cid:a.png\"> }}", "",
    "<img src=\"cid:A.png\"><img src=\"cid:a.png.x\">",
  ])
  func `an inline file that nothing shows is refused`(html: String) throws {
    let folder = try MailFolder.english()
    try folder.show(html)
    for name in ["A.png", "a.png.x"] where html.contains("cid:\(name)\"") {
      try folder.write("mail/en/link.inline/\(name)", "x")
    }
    #expect(folder.problem() == nil)
    try folder.write("mail/en/link.inline/a.png", "x")
    #expect(
      folder.problem()
        == "mail/en/link.inline/a.png: is not used; its template has no cid:a.png")
  }

  @Test(arguments: ["<img src=\"cid:\">", "<img src=\"cid:a%20b\">", "<img src=\"cid:a@b\">"])
  func `a reference to what cannot be a name is refused`(html: String) throws {
    let folder = try MailFolder.english()
    try folder.show(html)
    #expect(
      folder.problem() == "mail/en/link.html.mustache line 1: has a cid: without a name of "
        + "letters, digits, '.', '_' and '-'")
  }

  @Test func `an attachment is no inline file, and another kind's files are not its own`() throws {
    let folder = try MailFolder.english()
    try folder.show("<img src=\"cid:a.png\">")
    try folder.write("mail/en/link.attachments/a.png", "x")
    try folder.write("mail/en/changed.html.mustache", "<img src=\"cid:a.png\">")
    try folder.write("mail/en/changed.inline/a.png", "x")
    #expect(folder.problem()?.contains("link.html.mustache line 1: refers to cid:a.png") == true)
  }
}
