import PasswordReset
import Transfer

/// What a person does in the demo app, which calls Rekey.
extension Walk {
  func asPerson(_ report: WalkReport) async throws {
    let address = try newAddress()
    let (old, new) = (try Self.random(8), try Self.random(8))
    try await report.step("sign up") { try await signUp(address, old) }
    let start = ContinuousClock.now
    try await report.step("forgot password") { try await forget(address) }
    let token = try await report.step("mail") {
      try await receiveMail(to: address, askedAt: start)
    }
    let page = try await report.step("link opened") { try await openLink(token) }
    let attempt = try await report.step("new-password page") { try await openForm(page, address) }
    try await report.step("new password") { try await choose(new, token, attempt) }
    try await report.step("old password") { try await signIn(address, with: old, succeeds: false) }
    try await report.step("new password") { try await signIn(address, with: new, succeeds: true) }
    try await report.step("the form again") { try await openDeadForm(page) }
  }

  private func signUp(_ address: String, _ password: String) async throws -> Seen<Void> {
    let answer = try await http.post(
      "\(place.app)/sign-up", form: [("email", address), ("password", password)])
    try answer.expect(303)
    return Seen("303, an account for \(masked(address))")
  }

  private func forget(_ address: String) async throws -> Seen<Void> {
    let answer = try await http.post("\(place.app)/forgot", form: [("email", address)])
    try answer.expect(200)
    return Seen("200, \"\(answer.heading ?? "")\"")
  }

  /// - Returns: the name of the attempt, which the form sends with the password.
  private func openForm(_ url: String, _ address: String) async throws -> Seen<String> {
    let answer = try await http.get(url)
    try answer.expect(200)
    try expect(answer.text.contains("value=\"\(address)\""), "a form for the address", "none")
    guard let attempt = answer.text.between("name=\"attempt\" value=\"", "\"") else {
      throw Unmet(expected: "a form", seen: "none")
    }
    return Seen("200, \"\(answer.heading ?? "")\" for \(masked(address))", attempt)
  }

  private func choose(
    _ password: String, _ token: String, _ attempt: String
  ) async throws -> Seen<Void> {
    let answer = try await http.post(
      "\(place.app)/new-password",
      form: [("token", token), ("attempt", attempt), ("password", password)])
    try answer.expect(303)
    let target = answer.header("location") ?? "nowhere"
    try expect(target == "/sign-in?password=changed", "a redirect to the sign-in page", target)
    return Seen("303 to \(target)")
  }

  private func signIn(
    _ address: String, with password: String, succeeds: Bool
  ) async throws -> Seen<Void> {
    let answer = try await http.post(
      "\(place.app)/sign-in", form: [("email", address), ("password", password)])
    try answer.expect(succeeds ? 303 : 422)
    guard succeeds else { return Seen("422, signs nobody in") }
    let cookie = answer.header("set-cookie").map { String($0.prefix { $0 != ";" }) }
    let home = try await http.get("\(place.app)/", cookie: cookie)
    try expect(home.heading == "Signed in as \(address)", "to be signed in", home.heading ?? "")
    return Seen("303, signed in as \(masked(address))")
  }

  private func openDeadForm(_ url: String) async throws -> Seen<Void> {
    let answer = try await http.get(url)
    try answer.expect(409)
    return Seen("409, \"\(answer.heading ?? "")\"")
  }
}
