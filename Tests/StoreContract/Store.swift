public import PasswordReset

/// A store as the domain sees it: one value for each port.
public struct Store: Sendable {
  public let recorder: any RequestRecorder
  public let reader: any RequestReader
  public let consumer: any TokenConsumer
  public let revoker: any TokenRevoker
  public let completer: any RequestCompleter
  public let outbox: any Outbox
  public let suppressions: any SuppressionList
  public let reports: any ReportStore
  public let clock: any DatabaseClock

  public init(
    recorder: any RequestRecorder, reader: any RequestReader, consumer: any TokenConsumer,
    revoker: any TokenRevoker, completer: any RequestCompleter, outbox: any Outbox,
    suppressions: any SuppressionList, reports: any ReportStore, clock: any DatabaseClock
  ) {
    self.recorder = recorder
    self.reader = reader
    self.consumer = consumer
    self.revoker = revoker
    self.completer = completer
    self.outbox = outbox
    self.suppressions = suppressions
    self.reports = reports
    self.clock = clock
  }

  public init(_ store: MemoryStore) {
    self.init(
      recorder: store, reader: store, consumer: store, revoker: store, completer: store,
      outbox: store, suppressions: store, reports: store, clock: store)
  }
}

/// What configuration says for a store. The rules of the contract are written for the defaults.
public struct StoreSettings: Sendable {
  public var lifetime = WholeDuration(seconds: 1800)
  public var lease = WholeDuration(seconds: 90)
  public var giveUpAfter = GiveUp(
    link: WholeDuration(seconds: 7200), event: WholeDuration(seconds: 3 * 86_400))
  public var keepLive = 3

  public init() {}
}
