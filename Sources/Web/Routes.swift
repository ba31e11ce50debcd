import Hummingbird
public import PasswordReset

/// The use cases behind the routes, and what else they need.
public struct Surface: Sendable {
  public let request: RequestReset
  public let again: AskAgain
  public let verify: VerifyToken
  public let consume: ConsumeToken
  public let complete: CompleteReset
  public let invalidate: InvalidateAccount
  public let reader: any RequestReader
  public let readiness: any Readiness
  public let vault: Vault
  public let callers: Reloadable<CallerBook>
  public let addresses: EmailAddress.Policy
  public let pages: Reloadable<Pages>
  public let hooks: ProviderHooks

  public init(
    request: RequestReset, again: AskAgain, verify: VerifyToken, consume: ConsumeToken,
    complete: CompleteReset, invalidate: InvalidateAccount, reader: any RequestReader,
    readiness: any Readiness, vault: Vault, callers: Reloadable<CallerBook>,
    addresses: EmailAddress.Policy, pages: Reloadable<Pages>, hooks: ProviderHooks
  ) {
    self.request = request
    self.again = again
    self.verify = verify
    self.consume = consume
    self.complete = complete
    self.invalidate = invalidate
    self.reader = reader
    self.readiness = readiness
    self.vault = vault
    self.callers = callers
    self.addresses = addresses
    self.pages = pages
    self.hooks = hooks
  }
}

extension Surface {
  /// For people and their mail scanners, and for mail providers.
  ///
  /// - Parameter hookBody: octets of a provider's body.
  func publicRoutes(hookBody: Int = EdgeLimits().hookBody) -> [Route] {
    let link = LinkRoute(verify: verify, again: again, callers: callers, pages: pages)
    let again = AgainRoute(again: self.again, pages: pages)
    return [
      .get("/reset/verify", link.answer).page(problemPage),
      .post("/reset/again", naming: again.answer).page(problemPage),
    ] + hooks.routes.map { $0.body(atMost: hookBody) }
  }

  /// What people see where programs get a problem.
  var problemPage: @Sendable (Problem, Request) -> Response {
    { [pages] problem, request in
      pages.value.best(problem.locale, or: request).problem(problem)
    }
  }

  /// For main apps and operators.
  var internalRoutes: [Route] {
    let health = HealthRoute(readiness: readiness)
    return [
      .post(
        "/reset/request",
        callerNaming: RequestRoute(request: request, addresses: addresses).answer),
      .post("/reset/verify", caller: VerifyRoute(verify: verify, vault: vault).answer),
      .post("/reset/consume", callerNaming: ConsumeRoute(consume: consume).answer),
      .post("/reset/complete", callerNaming: CompleteRoute(complete: complete).answer),
      .post(
        "/reset/invalidate",
        caller: InvalidateRoute(invalidate: invalidate, addresses: addresses).answer),
      .get("/reset/requests/{id}", caller: StatusRoute(reader: reader).answer),
      .get("/healthz", health.alive),
      .get("/readyz", health.ready),
    ]
  }
}

/// What `rekey work` serves: only health.
public struct HealthSurface: Sendable {
  let readiness: any Readiness

  public init(readiness: any Readiness) { self.readiness = readiness }

  var routes: [Route] {
    let health = HealthRoute(readiness: readiness)
    return [.get("/healthz", health.alive), .get("/readyz", health.ready)]
  }
}
