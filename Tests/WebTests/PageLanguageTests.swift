import Formats
import HTTPTypes
import Hummingbird
import PasswordReset
import StoreContract
import Templates
import Testing

@testable import Web

/// A language is a folder of files, and people get theirs.
@Suite struct `A page's language` {
  /// The program's English, and the same with `de` where it says that it is English.
  private static let files: TemplateFiles = {
    let english = TemplateFiles.embedded("pages").contents
    var files = english
    for (path, text) in english {
      files[path.replacing("en/", with: "de/")] =
        text.replacing(#"lang="en""#, with: #"lang="de""#).replacing(
          " at {{time}}", with: " um {{time}}")
    }
    return TemplateFiles("pages", contents: files)
  }()

  private func site() throws -> Site { try Site(pages: Self.files) }

  @Test(arguments: [
    ("de", "de"), ("de-AT", "de"), ("fr, de;q=0.2", "de"), ("en, de", "en"), ("fr", "en"),
    ("de;q=0", "en"), ("de;;", "en"),
  ])
  func `is the browser's where there is no request`(asked: String, used: String) async throws {
    let site = try site()
    for path in ["/reset/verify?token=x", "/nothing"] {
      let answer = try await site.send(
        .get, path, at: .public, headers: [("Accept-Language", asked)])
      #expect(answer.status == 404)
      #expect(answer.headers[.contentLanguage] == used)
      #expect(answer.body.hasBytes("<html lang=\"\(used)\">"))
    }
    let answer = try await site.send(
      .put, "/reset/verify", at: .public, headers: [("Accept-Language", asked)])
    #expect(answer.status == 405 && answer.headers[.contentLanguage] == used)
  }

  @Test func `is the request's for a dead link and what its button does`() async throws {
    let site = try site()
    let token = try await site.liveToken(Ask().with(\.locale, LanguageTag("de-AT")))
    site.store.advance(by: .seconds(1800))
    let dead = try await site.send(
      .get, "/reset/verify?token=\(token)", at: .public, headers: [("Accept-Language", "en")])
    #expect(dead.status == 410 && dead.headers[.contentLanguage] == "de")
    let sent = try await site.form("token=\(token)", headers: [("Accept-Language", "en")])
    #expect(sent.status == 202 && sent.headers[.contentLanguage] == "de")
  }

  @Test func `has words of its own for moments`() throws {
    let pages = try Pages(Self.files) { $0 }
    let at = Timestamp(microseconds: 1_795_253_400_123_456)
    let german = try #require(LanguageTag("de"))
    let response = pages.best(of: [german]).dead(.used(at: at), token: nil, brand: nil)
    #expect(response.headers[.contentLanguage] == "de")
  }
}
