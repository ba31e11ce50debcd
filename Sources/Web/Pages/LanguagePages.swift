import Formats
import HTTPTypes
import Hummingbird
import NIOCore
import PasswordReset
import Templates

/// The pages in one language.
struct LanguagePages: Sendable {
  private let language: String
  private let contentSecurityPolicy: String
  private let deadPage: Template
  private let unknownPage: Template
  private let onItsWayPage: Template
  private let limitedPage: Template
  private let problemPage: Template

  init(
    _ files: TemplateFiles, _ locale: String, sha256: ([UInt8]) -> [UInt8]
  ) throws(TemplateProblem) {
    if let stray = files.names(of: locale).first(where: { !PageSchema.files.contains($0) }) {
      throw TemplateProblem(
        file: "pages/\(locale)/\(stray).mustache",
        problem: "is no page; a language has \(PageSchema.files.joined(separator: ", "))")
    }
    func page(_ name: String, _ schema: TemplateSchema) throws(TemplateProblem) -> Template {
      try Template(name, of: files, locale: locale, schema)
    }
    language = locale
    contentSecurityPolicy =
      "default-src 'none'; style-src 'sha256-"
      + Base64.encode(sha256(try PageStyle.only(in: files, locale)))
      + "'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
    deadPage = try page("dead", PageSchema.dead)
    unknownPage = try page("unknown", PageSchema.plain)
    onItsWayPage = try page("on_its_way", PageSchema.plain)
    limitedPage = try page("limited", PageSchema.limited)
    problemPage = try page("problem", PageSchema.problem)
    try PageSample.check(
      deadPage, of: locale,
      namesMoments: files.text("dead", locale)?.contains("{{>moment}}") == true)
  }
}

extension LanguagePages {
  /// One page for everything that was not made here, so that guesses learn nothing.
  var unknown: Response { answer(.notFound, unknownPage) }

  var onItsWay: Response { answer(.accepted, onItsWayPage) }

  /// - Parameter token: stands in the form that asks for a new mail; nil where that cannot work.
  func dead(_ refusal: TokenRefusal, token: String?, brand: String?) -> Response {
    guard let values = PageValues.dead(refusal, token: token, brand: brand) else { return unknown }
    return answer(.gone, deadPage, values)
  }

  func problem(_ problem: Web.Problem) -> Response {
    if problem.status == 404 { return unknown }
    var response: Response
    if problem.status == 429 {
      let minutes = ((problem.retryAfter ?? 60) + 59) / 60
      response = answer(
        .tooManyRequests, limitedPage,
        TemplateValues(["minutes": .text(String(minutes)), "one": .flag(minutes == 1)]))
    } else {
      response = answer(
        .init(code: problem.status), problemPage,
        TemplateValues(["unavailable": .flag(problem.status == 503)]))
    }
    if let retryAfter = problem.retryAfter { response.headers[.retryAfter] = String(retryAfter) }
    if let allow = problem.allow { response.headers[.allow] = allow }
    if problem.closesConnection { response.headers[.connection] = "close" }
    return response
  }

  private func answer(
    _ status: HTTPResponse.Status, _ page: Template, _ values: TemplateValues = TemplateValues()
  ) -> Response {
    Response(
      status: status,
      headers: [
        .contentType: "text/html; charset=utf-8", .contentLanguage: language,
        .contentSecurityPolicy: contentSecurityPolicy,
      ],
      body: .init(byteBuffer: ByteBuffer(string: page.render(values))))
  }
}

/// The style of a language's pages, which stands in their layout.
private enum PageStyle {
  static func only(
    in files: TemplateFiles, _ locale: String
  ) throws(TemplateProblem) -> [UInt8] {
    guard let text = files.text("layout", locale) else {
      throw TemplateProblem(file: "pages/\(locale)/layout.mustache", problem: "does not exist")
    }
    guard let style = style(in: Array(text.utf8)) else {
      throw TemplateProblem(
        file: "pages/\(locale)/layout.mustache", problem: "must have exactly one <style>")
    }
    return style
  }

  private static func style(in bytes: [UInt8]) -> [UInt8]? {
    let (open, close) = (Array("<style>".utf8), Array("</style>".utf8))
    let starts = bytes.indices.filter { bytes[$0...].starts(with: open) }
    guard starts.count == 1, let start = starts.first,
      let end = bytes.indices.first(where: { $0 > start && bytes[$0...].starts(with: close) })
    else { return nil }
    return Array(bytes[(start + open.count)..<end])
  }
}
