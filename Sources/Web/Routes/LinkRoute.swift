import Formats
import HTTPTypes
import Hummingbird
import PasswordReset

/// `GET|HEAD /reset/verify?token=…`: the link in the mail. Reading it changes nothing, however often
/// and by whatever scanner.
struct LinkRoute: Sendable {
  let verify: VerifyToken
  let again: AskAgain
  let callers: Reloadable<CallerBook>
  let pages: Reloadable<Pages>

  func answer(_ request: RoutedRequest) async throws(Problem) -> Response {
    let reader = request.http
    guard let token = request.query.onlyValue(of: "token") else { return unknown(reader) }
    do throws(ResetError) {
      switch try await verify(token) {
      case .live(let request):
        let target = callers.value[request.caller].settings.continueURL.filled(with: token)
        return Response(status: .seeOther, headers: [.location: target])
      case .dead(.invalid, _): return unknown(reader)
      case .dead(let refusal, let request):
        guard let request else {
          return pages.value.best(for: reader).dead(refusal, token: nil, brand: nil)
        }
        let prospect = try again.prospect(of: request)
        return pages.value.best(prospect.locale, or: reader).dead(
          refusal, token: prospect.isPossible ? token : nil,
          brand: callers.value[request.caller].settings.brand)
      }
    } catch { throw Problem(error) }
  }

  private func unknown(_ reader: Request) -> Response {
    pages.value.best(for: reader).unknown
  }
}

extension Substring {
  /// The value of a parameter that stands exactly once, as it was sent. Tokens need no
  /// percent-encoding, so none is undone and a token has one spelling.
  func onlyValue(of name: String) -> String? {
    let equals = UInt8(ascii: "=")
    let found = utf8.split(separator: UInt8(ascii: "&")).filter { parameter in
      // To others an escaped name is the same name, so it counts, but stands for nothing.
      let spelled = parameter.prefix { $0 != equals }
      return spelled.elementsEqual(name.utf8) || Self.unescaped(spelled) == Array(name.utf8)
    }
    guard found.count == 1, let parameter = found.first,
      parameter.starts(with: (name + "=").utf8)
    else { return nil }
    return String(Substring(parameter.dropFirst(name.utf8.count + 1)))
  }

  /// With every valid `%xx` undone.
  private static func unescaped(_ text: Substring.UTF8View) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = text
    while let byte = rest.first {
      let digits = String(decoding: rest.dropFirst().prefix(2), as: UTF8.self)
      if byte == UInt8(ascii: "%"), let escaped = Hex.decode(digits.asciiLowercased)?.first {
        bytes.append(escaped)
        rest = rest.dropFirst(3)
      } else {
        bytes.append(byte)
        rest = rest.dropFirst()
      }
    }
    return bytes
  }
}
