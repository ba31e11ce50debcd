public import PasswordReset

/// What mails are made and sent with.
public struct MailParts: Sendable {
  public var outbox: any Outbox
  public var suppressions: any SuppressionList
  public var suppressor: Suppressor
  public var vault: Vault
  public var callers: Reloadable<CallerBook>
  /// Who is asked for the accounts of a caller; nil where nobody is.
  public var directory: @Sendable (Caller) -> QueuedDirectory?
  public var composer: any MessageComposer
  public var chain: TransportChain
  public var link: @Sendable (String) -> String
  public var lifetime: WholeDuration
  public var giveUp: GiveUp
  /// Attempts that never ended after which a mail is a dead letter: it takes its workers down.
  public var poisonAfter: Int
  public var schedule: RetrySchedule
  /// Why the link of a request would be refused now.
  public var refusal: @Sendable (RequestID) async throws(ResetError) -> TokenRefusal?

  public init(
    outbox: any Outbox, suppressions: any SuppressionList, suppressor: Suppressor, vault: Vault,
    callers: Reloadable<CallerBook>,
    directory: @escaping @Sendable (Caller) -> QueuedDirectory?,
    composer: any MessageComposer, chain: TransportChain,
    link: @escaping @Sendable (String) -> String, lifetime: WholeDuration, giveUp: GiveUp,
    poisonAfter: Int, schedule: RetrySchedule = RetrySchedule(),
    refusal: @escaping @Sendable (RequestID) async throws(ResetError) -> TokenRefusal?
  ) {
    self.outbox = outbox
    self.suppressions = suppressions
    self.suppressor = suppressor
    self.vault = vault
    self.callers = callers
    self.directory = directory
    self.composer = composer
    self.chain = chain
    self.link = link
    self.lifetime = lifetime
    self.giveUp = giveUp
    self.poisonAfter = poisonAfter
    self.schedule = schedule
    self.refusal = refusal
  }
}
