public import PasswordReset

/// The mail providers that may report here, one of a kind at most; each has a route of its own.
public struct ProviderHooks: Sendable {
  private let hooks: [any ProviderHook]
  private let take: TakeProviderReports
  private let clock: any DatabaseClock
  private let permits: BodyPermits

  public init(
    _ hooks: [any ProviderHook], take: TakeProviderReports, clock: any DatabaseClock
  ) {
    self.init(hooks, take: take, clock: clock, permits: BodyPermits())
  }

  init(
    _ hooks: [any ProviderHook], take: TakeProviderReports, clock: any DatabaseClock,
    permits: BodyPermits
  ) {
    (self.hooks, self.take, self.clock, self.permits) = (hooks, take, clock, permits)
  }

  var routes: [Route] {
    hooks.map { hook in
      .post(
        "/hooks/\(type(of: hook).name)",
        HookRoute(hook: hook, take: take, clock: clock, permits: permits).answer)
    }
  }
}
