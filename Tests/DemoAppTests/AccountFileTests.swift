import Foundation
import Testing

@testable import DemoApp

struct AccountFileTests {
  @Test func `accounts survive a restart, seeds are made once`() async throws {
    try await Setup.run { setup in
      let accounts = setup.app.accounts
      _ = try await accounts.create(email: "b@b.test", passwordHash: "h", locale: "fr")
      let again = try await Setup(
        path: setup.path, seeds: [.init(email: "x@b.test", password: "x")])
      #expect(await again.app.accounts.account(email: "B@b.test")?.locale == "fr")
      #expect(await again.app.accounts.account(email: "ada@example.com") != nil)
      #expect(await again.app.accounts.account(email: "x@b.test") == nil)
    }
  }

  @Test func `the file is one object a line, readable for its owner, without passwords`()
    async throws
  {
    try await Setup.run { setup in
      _ = try await setup.app.accounts.create(email: "b@b.test", passwordHash: "h", locale: "fr")
      let attributes = try FileManager.default.attributesOfItem(atPath: setup.path)
      #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
      let text = try String(contentsOfFile: setup.path, encoding: .utf8)
      let lines = text.split(separator: "\n")
      #expect(lines.count == 2)
      #expect(try object(String(lines[1]))["email"] as? String == "b@b.test")
    }
  }

  @Test func `a broken line stops the start and is named`() async throws {
    try await Setup.run { setup in
      let text = try String(contentsOfFile: setup.path, encoding: .utf8) + "\n{\n"
      try text.write(toFile: setup.path, atomically: true, encoding: .utf8)
      await #expect(throws: AccountStoreError.cannotRead(path: setup.path, line: 3)) {
        _ = try await Setup(path: setup.path)
      }
    }
  }

  @Test func `a password is written only at the version it was asked for`() async throws {
    try await Setup.run { setup in
      let accounts = setup.app.accounts
      let id = try #require(await accounts.account(email: "ada@example.com")?.id)
      #expect(try await accounts.setPassword(ofAccount: id, hash: "2", ifVersion: 1))
      #expect(try await !accounts.setPassword(ofAccount: id, hash: "3", ifVersion: 1))
      #expect(try await !accounts.setPassword(ofAccount: "none", hash: "3", ifVersion: 1))
      #expect(await accounts.account(id: id)?.passwordHash == "2")
    }
  }

  @Test func `look-alikes of an address are other addresses`() async throws {
    try await Setup.run { setup in
      // KELVIN SIGN folds to k, and the combining form is canonically equal to the composed one.
      let accounts = setup.app.accounts
      _ = try await accounts.create(email: "mike@b.test", passwordHash: "h", locale: "en")
      _ = try await accounts.create(email: "ren\u{E9}@b.test", passwordHash: "h", locale: "en")
      #expect(await accounts.account(email: "mi\u{212A}e@b.test") == nil)
      #expect(await accounts.account(email: "rene\u{301}@b.test") == nil)
      #expect(await accounts.account(email: "REN\u{E9}@b.test") != nil)
    }
  }
}
