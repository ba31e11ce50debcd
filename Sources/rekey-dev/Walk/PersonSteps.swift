/// What a person does in the demo app, which calls Rekey.
extension Walk {
  func asPerson(_ report: WalkReport) async throws {
    let address = try newAddress()
    let (old, new) = (try Self.random(8), try Self.random(8))
    var (token, page, attempt) = ("", "", "")
    try await report.step("sign up") {
      try await post("/sign-up", [("email", address), ("password", old)]).expect(303)
      return "303, an account for \(masked)"
    }
    let start = ContinuousClock.now
    try await report.step("forgot password") {
      let answer = try await post("/forgot", [("email", address)])
      try answer.expect(200)
      return "200, \"\(answer.heading)\""
    }
    try await report.step("mail") {
      let mail = try await receiveMail(to: address, askedAt: start)
      token = mail.token
      return mail.seen
    }
    try await report.step("link opened") {
      let opened = try await openLink(token)
      page = opened.target
      return opened.seen
    }
    try await report.step("new-password page") {
      let form = try await openForm(page, address)
      attempt = form.attempt
      return form.seen
    }
    try await report.step("new password") { try await choose(new, token, attempt) }
    try await report.step("old password") {
      try await post("/sign-in", [("email", address), ("password", old)]).expect(422)
      return "422, signs nobody in"
    }
    try await report.step("new password") { try await signIn(address, new) }
    try await report.step("the form again") {
      let answer = try await http.get(page)
      try answer.expect(409)
      return "409, \"\(answer.heading)\""
    }
  }

  private func post(_ path: String, _ form: [(String, String)]) async throws -> HTTPAnswer {
    try await http.post(place.app + path, form: form)
  }

  /// - Returns: the name of the attempt, which the form sends with the password.
  private func openForm(
    _ url: String, _ address: String
  ) async throws -> (attempt: String, seen: String) {
    let answer = try await http.get(url)
    try answer.expect(200)
    try expect(answer.text.contains("value=\"\(address)\""), "a form for the address", "none")
    guard let attempt = answer.text.between("name=\"attempt\" value=\"", "\"") else {
      throw Unmet(expected: "a form", seen: "none")
    }
    return (attempt, "200, \"\(answer.heading)\" for \(masked)")
  }

  private func choose(
    _ password: String, _ token: String, _ attempt: String
  ) async throws -> String {
    let answer = try await post(
      "/new-password", [("token", token), ("attempt", attempt), ("password", password)])
    try answer.expect(303)
    let target = answer.header("Location") ?? "nowhere"
    try expect(target == "/sign-in?password=changed", "a redirect to the sign-in page", target)
    return "303 to \(target)"
  }

  private func signIn(_ address: String, _ password: String) async throws -> String {
    let answer = try await post("/sign-in", [("email", address), ("password", password)])
    try answer.expect(303)
    let cookie = answer.header("Set-Cookie").map { String($0.prefix { $0 != ";" }) } ?? ""
    let home = try await http.get("\(place.app)/", headers: ["Cookie": cookie])
    try expect(home.heading == "Signed in as \(address)", "to be signed in", home.heading)
    return "303, signed in as \(masked)"
  }
}
