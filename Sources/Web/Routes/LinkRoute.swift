import HTTPTypes
import Hummingbird
import PasswordReset

/// `GET|HEAD /reset/verify?token=…`: the link in the mail. Reading it changes nothing, however often
/// and by whatever scanner.
struct LinkRoute: Sendable {
  let verify: VerifyToken
  let again: AskAgain
  let callers: Current<CallerBook>
  let pages: Current<Pages>

  func answer(_ exchange: Exchange) async throws(Problem) -> Response {
    guard let token = exchange.query.onlyValue(of: "token") else { return pages.value.unknown }
    do throws(ResetError) {
      switch try await verify(token) {
      case .live(let request):
        let target = callers.value[request.caller].settings.continueURL.filled(with: token)
        return Response(status: .seeOther, headers: [.location: target])
      case .dead(.invalid, _): return pages.value.unknown
      case .dead(let refusal, let request):
        guard let request else { return pages.value.dead(refusal, token: nil, brand: nil) }
        return pages.value.dead(
          refusal, token: try again.isPossible(request) ? token : nil,
          brand: callers.value[request.caller].settings.brand)
      }
    } catch { throw Problem(error) }
  }
}

extension Substring {
  /// The value of a parameter that stands exactly once, as it was sent. Tokens need no
  /// percent-encoding, so none is undone and a token has one spelling.
  func onlyValue(of name: String) -> String? {
    let equals = UInt8(ascii: "=")
    let found = utf8.split(separator: UInt8(ascii: "&")).filter { parameter in
      parameter.prefix { $0 != equals }.elementsEqual(name.utf8)
    }
    guard found.count == 1, let parameter = found.first, parameter.contains(equals) else {
      return nil
    }
    return String(Substring(parameter.dropFirst(name.utf8.count + 1)))
  }
}
