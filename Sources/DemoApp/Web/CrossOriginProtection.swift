internal import HTTPTypes
internal import Hummingbird

/// Refuses forms that another site sends in the user's name (CSRF). Browsers say where a request
/// comes from in `Sec-Fetch-Site`; older ones say it in `Origin`; what says neither is no browser
/// and has no cookie to misuse.
struct CrossOriginProtection: RouterMiddleware {
  func handle(
    _ request: Request, context: DemoContext,
    next: (Request, DemoContext) async throws -> Response
  ) async throws -> Response {
    guard request.method == .get || request.method == .head || isOwn(request.head) else {
      throw HTTPError(.forbidden)
    }
    return try await next(request, context)
  }

  private func isOwn(_ head: HTTPRequest) -> Bool {
    if let name = HTTPField.Name("Sec-Fetch-Site"), let site = head.headerFields[name] {
      return site == "same-origin" || site == "none"
    }
    guard let origin = head.headerFields[.origin] else { return true }
    guard let authority = head.authority else { return false }
    return origin == "http://\(authority)" || origin == "https://\(authority)"
  }
}
