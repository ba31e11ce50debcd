/// Takes down what providers report: suppresses the address, and tells the main app.
public struct TakeProviderReports: Sendable {
  private let store: any ReportStore
  private let suppressor: Suppressor
  private let vault: Vault
  private let subscribers: @Sendable () -> EventSubscribers

  public init(
    store: any ReportStore, suppressor: Suppressor, vault: Vault,
    subscribers: @escaping @Sendable () -> EventSubscribers
  ) {
    self.store = store
    self.suppressor = suppressor
    self.vault = vault
    self.subscribers = subscribers
  }

  /// False where this very call was taken down before: nothing was changed.
  public func callAsFunction(_ delivery: ProviderDelivery) async throws(ResetError) -> Bool {
    let provider = Array(delivery.provider.utf8)
    let records = try delivery.reports.map { report throws(ResetError) in
      let (reason, event): (SuppressionReason, EventType) =
        switch report.kind {
        case .bounce: (.bounce, .deliveryFailed)
        case .complaint: (.complaint, .requestDisputed)
        }
      return ReportRecord(
        receipt: try vault.receiptKey(of: "report", provider, Array(report.id.utf8)),
        suppression: try suppressor.suppression(of: report.address, reason, by: "hook"),
        requestID: report.requestID, event: event)
    }
    return try await store.record(
      records, delivery: try vault.receiptKey(of: "call", provider, delivery.id),
      reports: subscribers())
  }
}

/// One report on its way into the store.
public struct ReportRecord: Sendable {
  public let receipt: KeyedHash
  public let suppression: Suppression
  public let requestID: RequestID?
  /// What the main app is told, with the suppression's reason as its cause.
  public let event: EventType

  public init(
    receipt: KeyedHash, suppression: Suppression, requestID: RequestID?, event: EventType
  ) {
    self.receipt = receipt
    self.suppression = suppression
    self.requestID = requestID
    self.event = event
  }
}

public protocol ReportStore: Sendable {
  /// In one transaction: the call's receipt, and for each report that is new its receipt, its
  /// suppression and, where its request is known, its event. False where the call's receipt is
  /// there already.
  func record(
    _ records: [ReportRecord], delivery: KeyedHash, reports: EventSubscribers
  ) async throws(ResetError) -> Bool
}
