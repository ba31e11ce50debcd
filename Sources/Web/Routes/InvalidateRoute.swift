import Formats
import Hummingbird
import PasswordReset

/// `POST /reset/invalidate`: the password was changed elsewhere.
struct InvalidateRoute: Sendable {
  let invalidate: InvalidateAccount
  let addresses: EmailAddress.Policy

  func answer(_ call: CallerRequest) async throws(Problem) -> Response {
    let (object, _) = try await call.request.jsonObject()
    try object.allowOnly(["account_id", "email"])
    let subject = try subject(of: object)
    do {
      let revoked = try await invalidate(subject, for: call.caller.name)
      return .json(.ok, [("revoked", .number(String(revoked)))])
    } catch { throw Problem(error) }
  }

  private func subject(of object: JSONObject) throws(Problem) -> InvalidateAccount.Subject {
    guard object.members.count == 1 else {
      throw .badRequest("The body must have either \"account_id\" or \"email\".")
    }
    if object["account_id"] != nil {
      let id = try object.string("account_id")
      guard Account.isID(id) else {
        throw .unusable(
          "account_invalid", "The account id must have 1 to 256 octets and no control character.")
      }
      return .account(id: id)
    }
    let typed = try object.string("email")
    do {
      return .address(try EmailAddress(typed, policy: addresses))
    } catch {
      throw .unusable("email_invalid", "No link can have been asked for by this address. \(error)")
    }
  }
}
