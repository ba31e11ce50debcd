import HTTPTypes
import Testing

@testable import DemoApp

/// The user's story, and where it goes wrong.
struct ResetTests {
  @Test func `a user who forgot the password chooses a new one`() async throws {
    try await Setup.run { setup in
      let elsewhere = setup.browser
      _ = try await elsewhere.signIn()
      #expect(try await elsewhere.get("/").heading == "Signed in as ada@example.com")

      let browser = setup.browser
      #expect(try await browser.get("/forgot").heading == "Forgot your password?")
      let sent = try await browser.forgot()
      #expect(sent.status == 200 && sent.heading == "Check your mail")
      let page = try await browser.openLink()
      #expect(page.status == 200 && page.heading == "Choose a new password")
      #expect(page.body.contains("value=\"ada@example.com\""))
      let changed = try await browser.choose("a new password", on: page)
      #expect(changed.status == 303)
      #expect(changed.headers[.location] == "/sign-in?password=changed")

      #expect(try await elsewhere.get("/").heading == "Demo app")
      #expect(try await browser.signIn().status == 422)
      #expect(try await browser.signIn("ada@example.com", "a new password").status == 303)
      let dead = try await browser.openLink()
      #expect(dead.status == 409 && dead.body.contains("has been used"))
    }
  }

  @Test func `Rekey is told the account, its version and the client`() async throws {
    try await Setup.run { setup in
      _ = try await setup.browser.forgot("ADA@example.com")
      let call = try #require(setup.rekey.calls.first)
      #expect(call.path == "/reset/request")
      #expect(call.header("Authorization") == "Bearer key-of-the-app")
      #expect(call.header("Content-Type") == "application/json")
      let id = try #require(await setup.app.accounts.account(email: "ada@example.com")?.id)
      let json = try object(call.body)
      #expect(json["email"] as? String == "ADA@example.com")
      #expect(
        json["account"] as? [String: String]
          == ["id": id, "email": "ada@example.com", "locale": "en", "version": "1"])
      #expect(json["client"] as? [String: String] == ["ip": "203.0.113.7"])
    }
  }

  @Test func `an unknown address is asked for with a null account and answered alike`()
    async throws
  {
    try await Setup.run { setup in
      let unknown = try await setup.browser.forgot("nobody@example.com")
      let known = try await setup.browser.forgot()
      #expect(unknown.body == known.body && unknown.status == known.status)
      #expect(unknown.headers == known.headers)
      #expect(setup.rekey.calls.first?.body.contains("\"account\":null") == true)
    }
  }

  @Test func `a link is consumed before the password is written, with one key`() async throws {
    try await Setup.run { setup in
      let browser = setup.browser
      _ = try await browser.forgot()
      let page = try await browser.openLink()
      _ = try await browser.choose("a new password", on: page)
      let calls = setup.rekey.calls
      #expect(
        calls.map(\.path) == [
          "/reset/request", "/reset/verify", "/reset/verify", "/reset/consume", "/reset/complete",
        ])
      let attempt = try #require(page.value(of: "attempt"))
      #expect(calls[3].header("Idempotency-Key") == attempt && attempt.utf8.count == 32)
      #expect(calls[3].body.contains("\"account_version\":\"1\""))
      #expect(calls[4].body == "{\"request_id\":\"r\"}")
    }
  }

  @Test(arguments: ["a 7 cha", "a 8 char"])
  func `a password of 7 characters costs no link, one of 8 is taken`(
    password: String
  ) async throws {
    try await Setup.run { setup in
      let isTaken = password.utf8.count == 8
      let browser = setup.browser
      _ = try await browser.forgot()
      let answer = try await browser.choose(password, on: try await browser.openLink())
      #expect(answer.status == (isTaken ? 303 : 422))
      #expect(setup.rekey.calls.contains { $0.path == "/reset/consume" } == isTaken)
      if !isTaken {
        #expect(answer.heading == "Choose a new password")
        #expect(answer.body.contains("role=\"alert\""))
        #expect(try await browser.choose("a new password", on: answer).status == 303)
      }
    }
  }

  @Test func `the same form sent twice changes the password once`() async throws {
    try await Setup.run { setup in
      let browser = setup.browser
      _ = try await browser.forgot()
      let page = try await browser.openLink()
      _ = try await browser.choose("a new password", on: page)
      let again = try await browser.choose("another password", on: page)
      #expect(again.status == 409 && again.body.contains("has been used"))
      #expect(try await browser.signIn("ada@example.com", "a new password").status == 303)
    }
  }

  @Test func `two forms with one link, and only one wins`() async throws {
    try await Setup.run { setup in
      let browser = setup.browser
      _ = try await browser.forgot()
      let one = try await browser.openLink()
      let other = try await browser.openLink()
      #expect(try await browser.choose("first password", on: one).status == 303)
      #expect(try await browser.choose("second password", on: other).status == 409)
      #expect(try await browser.signIn("ada@example.com", "first password").status == 303)
    }
  }

  @Test func `a consume whose answer got lost is repeated by the same form`() async throws {
    try await Setup.run { setup in
      let browser = setup.browser
      _ = try await browser.forgot()
      let page = try await browser.openLink()
      setup.rekey.loseAnswers("/reset/consume")
      let lost = try await browser.choose("a new password", on: page)
      #expect(lost.status == 503 && lost.heading == "Choose a new password")
      #expect(lost.value(of: "attempt") == page.value(of: "attempt"))
      #expect(try await browser.signIn().status == 303)
      setup.rekey.heal()
      #expect(try await browser.choose("a new password", on: lost).status == 303)
      #expect(try await browser.signIn("ada@example.com", "a new password").status == 303)
    }
  }

  @Test func `a link asked for before a password change cannot undo it`() async throws {
    try await Setup.run { setup in
      let browser = setup.browser
      _ = try await browser.forgot()
      let page = try await browser.openLink()
      let account = try #require(await setup.app.accounts.account(email: "ada@example.com"))
      _ = try await setup.app.accounts.setPassword(
        ofAccount: account.id, hash: "hash of changed elsewhere", ifVersion: 1)
      let answer = try await browser.choose("a new password", on: page)
      #expect(answer.status == 409 && answer.body.contains("changed after this link"))
      #expect(try await browser.signIn("ada@example.com", "changed elsewhere").status == 303)
    }
  }

  @Test func `a lost notice does not undo a change`() async throws {
    try await Setup.run { setup in
      let browser = setup.browser
      _ = try await browser.forgot()
      setup.rekey.force("/reset/complete", status: 404)
      let page = try await browser.openLink()
      #expect(try await browser.choose("a new password", on: page).status == 303)
    }
  }
}
