internal import HTTPTypes
internal import Hummingbird

extension Response {
  /// A page with its heading.
  static func page(
    _ title: String, status: HTTPResponse.Status = .ok, head: HTML = "", _ content: HTML
  ) -> Response {
    let page: HTML = """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(title)</title>
      <style>\(stylesheet)</style>
      \(head)
      </head>
      <body>
      <main>
      <h1>\(title)</h1>
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

private let stylesheet: HTML = """
  :root { color-scheme: light dark; font: 1.0625rem/1.5 system-ui, sans-serif }
  body { margin: 0; background: Canvas; color: CanvasText }
  main { max-width: 34rem; margin: 10vh auto; padding: 0 1.25rem }
  h1 { font-size: 1.75rem; line-height: 1.2; overflow-wrap: anywhere }
  label { display: block; margin-top: 1rem; font-weight: 600 }
  input { box-sizing: border-box; width: 100%; padding: .6rem; font: inherit;
    border: 1px solid GrayText; border-radius: .4rem }
  button { margin-top: 1.25rem; padding: .6rem 1.25rem; font: inherit; font-weight: 600;
    color: #fff; background: #1d4ed8; border: 0; border-radius: .4rem; cursor: pointer }
  input:focus-visible, button:focus-visible, a:focus-visible {
    outline: 3px solid #f59e0b; outline-offset: 2px }
  [role=alert], [role=status] { padding: .75rem 1rem; border-left: .3rem solid }
  [role=alert] { border-color: #b91c1c }
  [role=status] { border-color: #15803d }
  .hint { margin: .25rem 0 0 }
  """

/// Pieces of forms.
enum FormPart {
  /// A problem with what was sent, read out by screen readers.
  static func alert(_ text: String?) -> HTML? {
    text.map { "<p role=\"alert\" id=\"problem\">\($0)</p>" }
  }

  static func status(_ text: String?) -> HTML? {
    text.map { "<p role=\"status\">\($0)</p>" }
  }

  static func email(_ value: String = "") -> HTML {
    """
    <label for="email">E-mail address</label>
    <input id="email" name="email" type="email" autocomplete="username" required
      maxlength="254" spellcheck="false" value="\(value)">
    """
  }

  static func currentPassword() -> HTML {
    """
    <label for="password">Password</label>
    <input id="password" name="password" type="password" autocomplete="current-password" required>
    """
  }

  static func newPassword(label: String) -> HTML {
    """
    <label for="password">\(label)</label>
    <input id="password" name="password" type="password" autocomplete="new-password" required
      minlength="8" aria-describedby="password-hint">
    <p class="hint" id="password-hint">At least 8 characters. A few random words are good.</p>
    """
  }

  static func button(_ text: String) -> HTML { "<button type=\"submit\">\(text)</button>" }
}
