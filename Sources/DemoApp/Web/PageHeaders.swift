internal import HTTPTypes
internal import Hummingbird
internal import Logging

/// Headers of every answer. Pages are personal, hold no script and load nothing.
struct PageHeaders: RouterMiddleware {
  private static let contentSecurityPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
    + "frame-ancestors 'none'"

  func handle(
    _ request: Request, context: DemoContext, next: (Request, DemoContext) async throws -> Response
  ) async throws -> Response {
    var response = try await next(request, context)
    response.headers[.cacheControl] = "no-store"
    response.headers[.contentSecurityPolicy] = Self.contentSecurityPolicy
    response.headers[.xContentTypeOptions] = "nosniff"
    if let name = HTTPField.Name("Referrer-Policy"), response.headers[name] == nil {
      response.headers[name] = "same-origin"
    }
    return response
  }
}

/// Turns errors into pages that say nothing of the inside.
struct PageErrors: RouterMiddleware {
  func handle(
    _ request: Request, context: DemoContext, next: (Request, DemoContext) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch {
      let status = (error as? any HTTPResponseError)?.status ?? .internalServerError
      if status.code >= 500 {
        context.logger.error("a page failed", metadata: ["error": "\(type(of: error))"])
      }
      let title = status.code == 404 ? "Page not found" : "That did not work"
      return .page(title, status: status, "<p>The answer is \(status.code).</p>")
    }
  }
}
