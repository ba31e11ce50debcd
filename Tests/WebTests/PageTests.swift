import HTTPTypes
import Hummingbird
import PasswordReset
import Synchronization
import Templates
import Testing

@testable import Web

@Suite struct `The pages` {
  private static let used = TokenRefusal.used(at: Timestamp(microseconds: 1_795_253_400_123_456))

  private static let button = """
    {{#token}}<form method="post" action="/reset/again">\
    <input name="token" value="{{token}}"></form>{{/token}}
    """
  private static let main = "<style>p{}</style>{{$main}}{{/main}}"

  /// The five pages of English, each saying only what a test put into it.
  private static func files(
    dead: String = "{{#brand}}{{brand}}{{/brand}}", layout: String = main
  ) -> [String: String] {
    var files = ["en/layout.mustache": layout, "en/dead.mustache": dead + button]
    for name in ["unknown", "on_its_way", "limited", "problem"] {
      files["en/\(name).mustache"] = name
    }
    return files
  }

  private static func languages(_ files: [String: String]? = nil) throws -> Pages {
    try Pages(files.map { TemplateFiles("pages", contents: $0) } ?? .embedded("pages")) {
      Array($0.prefix(32))
    }
  }

  private static func pages(_ files: [String: String]? = nil) throws -> LanguagePages {
    try languages(files).best(of: [])
  }

  @Test func `are rendered without a file from elsewhere`() async throws {
    let pages = try Self.pages()
    let all = [
      pages.unknown, pages.onItsWay, pages.dead(Self.used, token: "t", brand: "b"),
      pages.problem(Problem(.unavailable)), pages.problem(.rateLimited(.address, retryAfter: 1)),
    ]
    for response in all {
      let text = try await text(of: response)
      #expect(response.headers[.contentType] == "text/html; charset=utf-8")
      #expect(response.headers[.contentLanguage] == "en")
      #expect(text.count(of: "<h1>") == 1 && text.hasBytes("<html lang=\"en\">"))
      for foreign in ["<script", "src=", "http:", "https:", "<link", "@import", "url("] {
        #expect(!text.hasBytes(foreign), "\(foreign)")
      }
    }
  }

  @Test(arguments: ["&", "<", ">", "\"", "'"])
  func `escape what is marked up in what they show`(mark: String) async throws {
    let response = try Self.pages().dead(.expired, token: "a\(mark)b", brand: nil)
    let text = try await text(of: response)
    #expect(!text.hasBytes("a\(mark)b"))
    #expect(text.hasBytes("name=\"token\" value=\"a&"))
  }

  @Test(arguments: ["&", "<", ">", "\"", "'"])
  func `escape by bytes, whatever combines with the sign`(mark: String) async throws {
    let hostile = "a\(mark)\u{301}b"
    let dead = try Self.pages().dead(.expired, token: hostile, brand: nil)
    #expect(!(try await text(of: dead)).hasBytes(hostile))
    let own = try Self.pages(Self.files()).dead(.expired, token: nil, brand: hostile)
    #expect(!(try await text(of: own)).hasBytes(hostile))
  }

  @Test func `do not take what they show for a template`() async throws {
    let own = try Self.pages(Self.files()).dead(.expired, token: "T", brand: "{{token}}")
    #expect(try await text(of: own).hasPrefix("{{token}}<form "))
  }

  @Test func `allow the one style and nothing else`() throws {
    let hashed = Mutex<[UInt8]>([])
    let files = TemplateFiles("pages", contents: Self.files())
    let pages = try Pages(files) { style in
      hashed.withLock { $0 = style }
      return [1, 2, 3]
    }.best(of: [])
    #expect(hashed.withLock { $0 } == Array("p{}".utf8))
    #expect(
      pages.unknown.headers[.contentSecurityPolicy]
        == "default-src 'none'; style-src 'sha256-AQID'; form-action 'self'; base-uri 'none'; "
        + "object-src 'none'; frame-ancestors 'none'")
  }

  @Test func `hash the style as it is sent, whatever its line ends were`() throws {
    let hashed = Mutex<[UInt8]>([])
    let layout = "\u{feff}<style>a\r\nb\rc</style>{{$main}}{{/main}}"
    _ = try Pages(TemplateFiles("pages", contents: Self.files(layout: layout))) { style in
      hashed.withLock { $0 = style }
      return style
    }
    #expect(hashed.withLock { $0 } == Array("a\nb\nc".utf8))
  }

  @Test(arguments: [
    "", "<style>", "<style>a</style><style>b</style>", "</style><style>", "<STYLE>a</STYLE>",
    "<style >a</style>",
  ])
  func `are refused without exactly one style`(layout: String) {
    #expect(throws: TemplateProblem.self) { try Self.pages(Self.files(layout: layout)) }
  }

  @Test(arguments: ["layout", "dead", "unknown", "on_its_way", "limited", "problem"])
  func `are refused when one of them is missing or is no template`(name: String) {
    var files = Self.files()
    files["en/dead.mustache"] = "{{<layout}}{{$main}}x\(Self.button){{/main}}{{/layout}}"
    files["en/\(name).mustache"] = nil
    #expect { try Self.pages(files) } throws: {
      "\($0)" == "pages/en/\(name).mustache: does not exist"
    }
    files["en/\(name).mustache"] = "<style></style>\n{{!"
    #expect { try Self.pages(files) } throws: {
      "\($0)" == "pages/en/\(name).mustache line 2: has a tag that is not closed"
    }
  }

  @Test(arguments: [
    (TokenRefusal.used(at: .init(microseconds: 0)), 410),
    (.revoked(at: .init(microseconds: 0), reason: .invalidated), 410),
    (.replaced(at: .init(microseconds: 0)), 410), (.expired, 410), (.invalid, 404),
  ])
  func `of a dead link say which death it was`(refusal: TokenRefusal, status: Int) async throws {
    var files = Self.files(
      dead: "{{#used}}U{{>moment}}{{/used}}{{#revoked}}R{{>moment}}{{/revoked}}{{#replaced}}N"
        + "{{>moment}}{{/replaced}}{{#expired}}E{{/expired}}")
    files["en/moment.mustache"] = TemplateFiles.embedded("pages").contents["en/moment.mustache"]
    let response = try Self.pages(files).dead(refusal, token: nil, brand: nil)
    #expect(response.status.code == status)
    let moment = "1 January 1970 at 00:00 UTC"
    let expected =
      switch refusal {
      case .used: "U" + moment
      case .revoked: "R" + moment
      case .replaced: "N" + moment
      case .expired: "E"
      case .invalid: "unknown"
      }
    #expect(try await text(of: response) == expected)
  }

  @Test(arguments: [
    (1_798_761_599_999_999, "31 December 2026 at 23:59 UTC"),
    (1_798_761_600_000_000, "1 January 2027 at 00:00 UTC"),
    (1_709_205_000_000_000, "29 February 2024 at 11:10 UTC"),
    (-1, "31 December 1969 at 23:59 UTC"),
  ])
  func `name moments as people do`(microseconds: Int64, text expected: String) async throws {
    var files = Self.files(
      dead: "{{#used}}{{>moment}}{{/used}}{{^used}}{{/used}}")
    files["en/moment.mustache"] = TemplateFiles.embedded("pages").contents["en/moment.mustache"]
    let pages = try Self.pages(files)
    let at = Timestamp(microseconds: microseconds)
    #expect(try await text(of: pages.dead(.used(at: at), token: nil, brand: nil)) == expected)
  }

  @Test(arguments: [
    (1, "1 minute."), (60, "1 minute."), (61, "2 minutes."), (120, "2 minutes."),
    (121, "3 minutes."),
  ])
  func `round a limit up to whole minutes and keep its seconds in the header`(
    seconds: Int, words: String
  ) async throws {
    let response = try Self.pages().problem(.rateLimited(.address, retryAfter: seconds))
    #expect(response.status == .tooManyRequests)
    #expect(response.headers[.retryAfter] == String(seconds))
    #expect(try await text(of: response).hasBytes("try again in \(words)"))
  }

  @Test func `say of a fault that the link is not used up, and of nothing else`() async throws {
    let pages = try Self.pages()
    for (problem, status, _) in Problems.all where status != 404 {
      let response = pages.problem(problem)
      #expect(response.status.code == status)
      let text = try await text(of: response)
      #expect(text.hasBytes("not been used up") == (status == 503), "\(status)")
      #expect(response.headers[.allow] == (status == 405 ? "GET, HEAD" : nil))
      #expect(response.headers[.connection] == (status == 413 ? "close" : nil))
    }
  }
}
