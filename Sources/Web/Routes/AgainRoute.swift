import HTTPTypes
import Hummingbird
import PasswordReset

/// `POST /reset/again`: the button on a dead link's page. The old token stands for the address.
struct AgainRoute: Sendable {
  let again: AskAgain
  let pages: Reloadable<Pages>

  func answer(_ request: RoutedRequest) async throws(Problem) -> Answer {
    // Browsers that send it say truly whether the form stands on our page; under
    // Referrer-Policy: no-referrer the Origin is null even there.
    let site = request.http.headers.values(of: "sec-fetch-site")
    guard site.allSatisfy({ $0 == "same-origin" || $0 == "none" }) else { throw .forbidden }
    try request.require(mediaType: "application/x-www-form-urlencoded")
    let body = String(decoding: try await request.body(), as: UTF8.self)
    let unknown = { about in
      Answer(response: pages.value.best(for: request.http).unknown, requestID: about)
    }
    guard let token = body[...].onlyValue(of: "token") else { return unknown(nil) }
    let reply: AskAgain.Reply?
    do { reply = try await again(token) } catch { throw Problem(error) }
    guard let reply else { return unknown(nil) }
    let onItsWay = { pages.value.best(reply.locale, or: request.http).onItsWay }
    switch reply.outcome {
    case .limited(let kind, let seconds):
      var problem = Problem.rateLimited(kind, retryAfter: seconds)
      problem.locale = reply.locale
      throw problem.about(reply.first)
    case .accepted(let id), .replayed(let id):
      return Answer(response: onItsWay(), requestID: id)
    case .conflict: return Answer(response: onItsWay(), requestID: reply.first)
    case nil: return unknown(reply.first)
    }
  }
}
