import Glibc
import PasswordReset
import Testing
import Transfer

@testable import Mailing

struct SecretFileTests {
  private let folder: MailFolder

  init() throws { folder = try MailFolder() }

  private func problem(_ bytes: [UInt8], _ url: String, mode: mode_t = 0o600) throws -> String? {
    try folder.write("key", bytes)
    chmod("\(folder.path)/key", mode)
    return try problem(url)
  }

  /// FILE in the URL stands for the path.
  private func problem(_ url: String) throws -> String? {
    let loop = try TransferLoop()
    do throws(MailingError) {
      _ = try Sample.transport(
        url.replacing("FILE", with: "\(folder.path)/key"), through: loop)
      return nil
    } catch {
      return error.description.replacing(folder.path, with: "")
    }
  }

  private static let secret = Array("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n".utf8)

  @Test(arguments: [
    "key", "key\n", "key\r\n", "SG.a-b_c+/=",
  ])
  func `a key is the one line of its file`(text: String) throws {
    for url in ["sendgrid://?key_file=FILE", "ses://AKID@?region=eu-west-1&key_file=FILE"] {
      #expect(try problem(Array(text.utf8), url) == nil)
    }
  }

  @Test(arguments: [
    ("", "is empty"), ("\n", "is empty"), (" \r\n", "is empty"),
    ("hunter2\nhunter2\n", "must be one line of printable ASCII characters without spaces"),
    ("hunter2\n\n", "must be one line of printable ASCII characters without spaces"),
    (" hunter2", "must be one line of printable ASCII characters without spaces"),
    ("hunter2é", "must be one line of printable ASCII characters without spaces"),
    ("hunter2\u{0}", "must be one line of printable ASCII characters without spaces"),
  ])
  func `any other content is refused and not repeated`(text: String, sentence: String) throws {
    #expect(
      try problem(Array(text.utf8), "resend://?key_file=FILE")
        == "mail transport: key_file /key \(sentence)")
  }

  @Test func `bytes that are no text are refused`() throws {
    #expect(
      try problem([0xff, 0x41], "resend://?key_file=FILE")
        == "mail transport: key_file /key is not UTF-8 text")
  }

  @Test(arguments: [(16 * 1024, true), (16 * 1024 + 1, false)])
  func `a file has at most 16 KiB`(count: Int, isTaken: Bool) throws {
    let found = try problem([UInt8](repeating: 0x61, count: count), "resend://?key_file=FILE")
    #expect(found == (isTaken ? nil : "mail transport: key_file /key has more than 16 KiB"))
  }

  @Test(arguments: [
    (0o600, true), (0o640, true), (0o400, true), (0o604, false), (0o644, false), (0o620, false),
    (0o602, false),
  ])
  func `a file that others may read, or group or others may write, is refused`(
    mode: mode_t, isTaken: Bool
  ) throws {
    let found = try problem(Array("key".utf8), "resend://?key_file=FILE", mode: mode)
    #expect((found == nil) == isTaken)
  }

  @Test func `a file that is not there, and a folder, are refused`() throws {
    #expect(
      try problem("resend://?key_file=FILE") == "mail transport: key_file /key cannot be read")
    folder.makeFolders(for: "key/x")
    #expect(
      try problem("resend://?key_file=FILE") == "mail transport: key_file /key is not a file")
  }

  @Test func `every kind of file is read at the start`() throws {
    for (url, option) in [
      ("ses://A:s@?region=eu-west-1&session_token_file=FILE", "session_token_file"),
      ("webhook+https://app.example/?secret_file=FILE", "secret_file"),
      ("smtps://u@mail.example?password_file=FILE", "password_file"),
    ] {
      #expect(try problem(url) == "mail transport: \(option) /key cannot be read")
    }
    for url in [
      "webhook+https://app.example/?secret_file=FILE", "smtps://u@mail.example?password_file=FILE",
    ] {
      #expect(try problem(Self.secret, url) == nil)
      #expect(try problem(Self.secret, url, mode: 0o644) != nil)
    }
  }

  @Test func `secrets of a webhook that are none are refused`() throws {
    let url = "webhook+https://app.example/?secret_file=FILE"
    let found = try problem(Array("# old\nwhsec_hunter2\n".utf8), url)
    #expect(
      found == "mail transport: secret_file /key line 2 has whsec_ and then no padded base64")
  }

  @Test func `no transport shows its key`() async throws {
    let loop = try TransferLoop()
    try folder.write("key", Self.secret)
    for url in [
      "sendgrid://hunter2@", "mailgun://hunter2@?domain=m.example", "postmark://hunter2@",
      "resend://hunter2@", "ses://hunter2:hunter2@?region=eu-west-1",
      "smtps://hunter2:hunter2@m.example",
      "webhook+https://app.example/hunter2?secret_file=\(folder.path)/key",
    ] {
      let transport = try Sample.transport(url, through: loop)
      var dumped = ""
      dump(transport, to: &dumped)
      for text in ["\(transport)", String(reflecting: transport), dumped] {
        #expect(!text.contains("hunter2") && !text.contains("MfKQ9r8GKYq"))
      }
    }
    await loop.stop()
  }
}
