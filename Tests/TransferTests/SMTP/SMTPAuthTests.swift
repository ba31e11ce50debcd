import Synchronization
import Testing
import Transfer

@Suite struct SMTPAuthTests {
  /// What a server that offers `mechanisms` was sent from AUTH on, and what became of the mail.
  private func lines(
    offered mechanisms: String, _ credentials: SMTPCredentials, passwordFile: String? = nil
  ) async throws -> (lines: [String], result: SMTPResult) {
    let server = AuthServer(mechanisms)
    let listener = ScriptedServer(server.serve)
    var mail = mail(listener.port)
    mail.endpoint.credentials = credentials
    mail.endpoint.passwordFile = passwordFile
    let result = try await withLoop { [mail] in await $0.perform(mail) }
    return (server.lines, result)
  }

  @Test func `PLAIN is one line of both`() async throws {
    let (lines, result) = try await lines(
      offered: "LOGIN PLAIN XOAUTH2",
      SMTPCredentials(username: "ada", password: "geheim", mechanism: .plain))
    #expect(result == .delivered(code: 250))
    #expect(lines == ["AUTH PLAIN", base64(Array("\0ada\0geheim".utf8))])
  }

  @Test func `LOGIN is a line of each`() async throws {
    let (lines, result) = try await lines(
      offered: "PLAIN LOGIN XOAUTH2",
      SMTPCredentials(username: "ada", password: "geheim", mechanism: .login))
    #expect(result == .delivered(code: 250))
    let answers = ["ada", "geheim"].map { base64(Array($0.utf8)) }
    #expect(lines == ["AUTH LOGIN"] + answers)
  }

  @Test func `XOAUTH2 is one line of user and token`() async throws {
    let (lines, result) = try await lines(
      offered: "PLAIN LOGIN XOAUTH2",
      SMTPCredentials(username: "ada@app.test", password: "ya29.token", mechanism: .xoauth2))
    #expect(result == .delivered(code: 250))
    let message = "user=ada@app.test\u{1}auth=Bearer ya29.token\u{1}\u{1}"
    #expect(lines == ["AUTH XOAUTH2", base64(Array(message.utf8))])
  }

  @Test(arguments: [SMTPMechanism.plain, .login, .xoauth2])
  func `a server without the mechanism gets neither password nor mail`(
    mechanism: SMTPMechanism
  ) async throws {
    let (lines, result) = try await lines(
      offered: "CRAM-MD5 DIGEST-MD5",
      SMTPCredentials(username: "ada", password: "geheim", mechanism: mechanism))
    #expect(result == .transient(.auth, "auth_not_offered"))
    #expect(lines == [])
  }

  @Test func `a password file is read anew for each connection`() async throws {
    let file = try TestFile(Array("first\n".utf8))
    let credentials = SMTPCredentials(username: "ada", password: "unused", mechanism: .plain)
    for password in ["first", "second"] {
      try file.write(Array((password + "\r\n").utf8))
      let (lines, result) = try await lines(
        offered: "PLAIN", credentials, passwordFile: file.path)
      #expect(result == .delivered(code: 250))
      #expect(lines.last == base64(Array("\0ada\0\(password)".utf8)))
    }
  }

  @Test(arguments: [
    ("a", "a"), ("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a\n"), (" a ", " a "), ("é", "é"),
  ])
  func `one line end after a password is no part of it`(content: String, password: String)
    async throws
  {
    let file = try TestFile(Array(content.utf8))
    let (lines, _) = try await lines(
      offered: "PLAIN", SMTPCredentials(username: "u", password: "", mechanism: .plain),
      passwordFile: file.path)
    #expect(lines.last == base64(Array("\0u\0\(password)".utf8)))
  }

  @Test func `a password file that is of no use is transient, and no connection is made`()
    async throws
  {
    let long = [UInt8](repeating: 0x61, count: 16 * 1024)
    let contents: [[UInt8]?] = [nil, [], [0x0a], [0x61, 0, 0x62], [0xff], long + [0x61]]
    let server = ScriptedServer(SMTPScript().serve)
    var mail = mail(server.port)
    mail.endpoint.credentials = SMTPCredentials(username: "u", password: "p")
    try await withLoop { loop in
      for content in contents {
        let file = try content.map { try TestFile($0) }
        mail.endpoint.passwordFile = file?.path ?? "/nowhere/at/all"
        #expect(await loop.perform(mail) == .transient(.auth, "password_file"))
      }
      mail.endpoint.passwordFile = "/"
      #expect(await loop.perform(mail) == .transient(.auth, "password_file"))
    }
    #expect(server.accepted == 0)
  }

  @Test func `a password file may have 16 KiB`() async throws {
    let file = try TestFile([UInt8](repeating: 0x61, count: 16 * 1024))
    // libcurl has lines of SMTP up to 65535 bytes, so this one still fits in base64.
    let (lines, result) = try await lines(
      offered: "PLAIN", SMTPCredentials(username: "u", password: "", mechanism: .plain),
      passwordFile: file.path)
    #expect(result == .delivered(code: 250))
    let expected = base64([0, 0x75, 0] + [UInt8](repeating: 0x61, count: 16 * 1024))
    #expect(lines.last == expected)
  }

  @Test func `a password file without a user is refused`() async throws {
    var mail = mail(25)
    mail.endpoint.passwordFile = "/etc/hostname"
    let result = try await withLoop { [mail] in await $0.perform(mail) }
    #expect(result == .transient(.connect, "endpoint_refused"))
  }
}

/// A server that asks for every line of an authentication and takes what it gets.
private final class AuthServer: Sendable {
  private let mechanisms: String
  private let memory = Mutex<[String]>([])

  init(_ mechanisms: String) { self.mechanisms = mechanisms }

  var lines: [String] { memory.withLock { $0 } }

  func serve(_ peer: Peer) {
    let script = SMTPScript(extensions: ["AUTH \(mechanisms)"])
    script.serve(peer, until: "EHLO")
    guard let command = line(peer), command.hasPrefix("AUTH") else { return }
    memory.withLock { $0.append(command) }
    for _ in 0..<(command == "AUTH LOGIN" ? 2 : 1) {
      peer.write("334 \r\n")
      guard let answer = line(peer) else { return }
      memory.withLock { $0.append(answer) }
    }
    peer.write("235 2.7.0 welcome\r\n")
    script.converse(peer, until: "QUIT")
  }

  private func line(_ peer: Peer) -> String? {
    peer.readLine().map { line in
      String(decoding: line.utf8.prefix { $0 != 0x0d && $0 != 0x0a }, as: UTF8.self)
    }
  }
}
