public import PasswordReset

/// The mail providers that may report here, one of a kind at most; each has a route of its own.
public struct ProviderHooks: Sendable {
  private let hooks: [any ProviderHook]
  private let take: TakeProviderReports
  private let clock: any DatabaseClock
  private let gate: HookGate

  public init(
    _ hooks: [any ProviderHook], take: TakeProviderReports, clock: any DatabaseClock
  ) {
    self.init(hooks, take: take, clock: clock, gate: HookGate())
  }

  init(
    _ hooks: [any ProviderHook], take: TakeProviderReports, clock: any DatabaseClock,
    gate: HookGate
  ) {
    (self.hooks, self.take, self.clock, self.gate) = (hooks, take, clock, gate)
  }

  var routes: [Route] {
    hooks.map { hook in
      .post(
        "/hooks/\(type(of: hook).name)",
        HookRoute(hook: hook, take: take, clock: clock, gate: gate).answer)
    }
  }
}
