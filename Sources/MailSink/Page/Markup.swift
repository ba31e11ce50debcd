internal import Formats
internal import HTTPTypes
internal import Hummingbird

/// HTML. Text that is put in with `\( )` is escaped, so a page cannot forget to.
struct Markup: Sendable, ExpressibleByStringInterpolation {
  let text: String

  init(stringLiteral text: String) { self.text = text }

  init(stringInterpolation interpolation: StringInterpolation) { text = interpolation.text }

  struct StringInterpolation: StringInterpolationProtocol {
    var text = ""

    init(literalCapacity: Int, interpolationCount: Int) {}

    mutating func appendLiteral(_ literal: String) { text += literal }

    mutating func appendInterpolation(_ plain: String) { text += plain.htmlEscaped }

    mutating func appendInterpolation(_ markup: Markup) { text += markup.text }

    mutating func appendInterpolation(_ many: [Markup]) { text += many.map(\.text).joined() }
  }
}

extension Response {
  /// - Parameter title: also the heading; nil is a page for a frame.
  static func mailboxPage(
    _ title: String?, status: HTTPResponse.Status = .ok, head: Markup = "", _ content: Markup
  ) -> Response {
    let heading: Markup = title.map { "<h1>\($0)</h1>" } ?? ""
    let page: Markup = """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(title ?? "Newer mails")</title>
      <style>\(stylesheet)</style>
      \(head)
      </head>
      <body\(title == nil ? " class=\"frame\"" as Markup : "")>
      <main>
      \(heading)
      \(content)
      </main>
      </body>
      </html>

      """
    return Response(
      status: status, headers: [.contentType: "text/html; charset=utf-8"],
      body: ResponseBody(byteBuffer: ByteBuffer(string: page.text)))
  }
}

private let stylesheet: Markup = """
  :root { color-scheme: light dark; font: 1.0625rem/1.5 system-ui, sans-serif;
    --link: light-dark(#1d4ed8, #93c5fd); --line: light-dark(#cbd5e1, #475569);
    --quiet: light-dark(#475569, #94a3b8) }
  body { margin: 0; background: Canvas; color: CanvasText }
  main { max-width: 48rem; margin: 2.5rem auto; padding: 0 1.25rem }
  h1 { font-size: 1.75rem; line-height: 1.2 }
  h2 { font-size: 1.125rem; margin: 2rem 0 .5rem }
  h1, a, dd, .to { overflow-wrap: break-word }
  a { color: var(--link) }
  a:focus-visible, input:focus-visible, button:focus-visible, summary:focus-visible {
    outline: 3px solid #f59e0b; outline-offset: 2px }
  form { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem }
  label { font-weight: 600 }
  input { flex: 1 8rem; min-width: 0; padding: .5rem .6rem; font: inherit; color: inherit;
    background: Field; border: 1px solid var(--quiet); border-radius: .4rem }
  button { padding: .5rem 1rem; font: inherit; font-weight: 600; color: #fff;
    background: #1d4ed8; border: 1px solid #1d4ed8; border-radius: .4rem; cursor: pointer }
  .newer { display: block; width: 100%; height: 2rem; margin: .75rem 0 .25rem; border: 0 }
  .frame main { max-width: none; margin: 0; padding: 0 }
  .frame p { margin: 0; color: var(--quiet); line-height: 2rem }
  .mails { margin: 0; padding: 0; list-style: none; border-top: 1px solid var(--line) }
  .mails li { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0 1rem;
    padding: .6rem 0; border-bottom: 1px solid var(--line) }
  .mails a { grid-column: 1 / -1; font-weight: 600 }
  .to, time { color: var(--quiet) }
  time { white-space: nowrap }
  dl { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: .25rem 1rem; margin: 0 }
  dt { font-weight: 600 }
  dd { margin: 0 }
  pre { margin: 0; padding: .75rem 1rem; white-space: pre-wrap; overflow-wrap: anywhere;
    border: 1px solid var(--line); border-radius: .4rem; font-size: .9375rem }
  #html { box-sizing: border-box; width: 100%; height: 30rem; border: 1px solid var(--line);
    border-radius: .4rem; color-scheme: light; background: #fff }
  details { margin: 2rem 0 }
  summary { cursor: pointer; font-weight: 600; margin-bottom: .5rem }
  @media (max-width: 30rem) {
    dl, .mails li { grid-template-columns: minmax(0, 1fr) }
    dd { margin-bottom: .5rem }
  }
  """
