import HTTPTypes
import Hummingbird
import PasswordReset

/// `POST /reset/again`: the button on a dead link's page. The old token stands for the address.
struct AgainRoute: Sendable {
  let again: AskAgain
  let pages: Current<Pages>

  func answer(_ request: RoutedRequest) async throws(Problem) -> Answer {
    // Browsers that send it say truly whether the form stands on our page; under
    // Referrer-Policy: no-referrer the Origin is null even there.
    let site = request.http.headers.values(of: "sec-fetch-site")
    guard site.allSatisfy({ $0 == "same-origin" || $0 == "none" }) else { throw .forbidden }
    try request.require(mediaType: "application/x-www-form-urlencoded")
    let body = String(decoding: try await request.body(), as: UTF8.self)
    guard let token = body[...].onlyValue(of: "token") else {
      return Answer(response: pages.value.unknown)
    }
    let outcome: RecordOutcome?
    do { outcome = try await again(token) } catch { throw Problem(error) }
    switch outcome {
    case nil: return Answer(response: pages.value.unknown)
    case .limited(let kind, let seconds)?: throw .rateLimited(kind, retryAfter: seconds)
    case .accepted(let id)?, .replayed(let id)?:
      return Answer(response: pages.value.onItsWay, requestID: id)
    case .conflict?: return Answer(response: pages.value.onItsWay)
    }
  }
}
