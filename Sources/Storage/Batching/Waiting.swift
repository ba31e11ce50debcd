import PasswordReset

/// An item on its way through a batcher. Never leaves the batcher's isolation.
final class Waiting<Item, Outcome: Sendable, Key> {
  typealias Answer = Result<Outcome, ResetError>

  let item: Item
  let keys: [Key]
  let since: ContinuousClock.Instant
  let continuation: CheckedContinuation<Answer, Never>
  /// How many of its keys are held by others who came before.
  var blockers = 0

  init(
    _ item: Item, keys: [Key], continuation: CheckedContinuation<Answer, Never>
  ) {
    self.item = item
    self.keys = keys
    self.since = .now
    self.continuation = continuation
  }
}
