/// Takes down what providers report: suppresses the address, and tells the main app.
///
/// A report that names a request concerns its caller. One that names none, or one that is not there,
/// may be of anybody's mail, for a provider's account is the deployment's: it concerns all callers.
public struct TakeProviderReports: Sendable {
  private let store: any ReportStore
  private let reader: any RequestReader
  private let suppressor: Suppressor
  private let vault: Vault
  private let callers: @Sendable () -> [String]
  private let subscribers: @Sendable () -> EventSubscribers

  /// - Parameter callers: the names of all.
  public init(
    store: any ReportStore, reader: any RequestReader, suppressor: Suppressor, vault: Vault,
    callers: @escaping @Sendable () -> [String],
    subscribers: @escaping @Sendable () -> EventSubscribers
  ) {
    self.store = store
    self.reader = reader
    self.suppressor = suppressor
    self.vault = vault
    self.callers = callers
    self.subscribers = subscribers
  }

  /// False where this very call was taken down before: nothing was changed.
  public func callAsFunction(_ delivery: ProviderDelivery) async throws(ResetError) -> Bool {
    let provider = Array(delivery.provider.utf8)
    let everybody = callers()
    var records: [ReportRecord] = []
    // One after the other: a call of thousands leaves room for those who read links.
    for report in delivery.reports {
      var concerned = everybody
      if let id = report.requestID, let request = try await reader.find(id) {
        concerned = [request.caller]
      }
      records.append(try record(report, of: provider, concerning: concerned))
    }
    return try await store.record(
      records, delivery: try vault.receiptKey(of: "call", provider, delivery.id),
      reports: subscribers())
  }

  private func record(
    _ report: ProviderReport, of provider: [UInt8], concerning callers: [String]
  ) throws(ResetError) -> ReportRecord {
    let (reason, event): (SuppressionReason, EventType) =
      switch report.kind {
      case .bounce: (.bounce, .deliveryFailed)
      case .complaint: (.complaint, .requestDisputed)
      }
    return ReportRecord(
      receipt: try vault.receiptKey(of: "report", provider, Array(report.id.utf8)),
      suppressions: try callers.map { caller throws(ResetError) in
        try suppressor.suppression(of: report.address, for: caller, reason, by: "hook")
      },
      requestID: report.requestID, event: event)
  }
}

/// One report on its way into the store.
public struct ReportRecord: Sendable {
  public let receipt: KeyedHash
  /// One for each caller that the report concerns; without any it is not remembered either.
  public let suppressions: [Suppression]
  public let requestID: RequestID?
  /// What the main app is told, with the suppressions' reason as its cause.
  public let event: EventType

  public init(
    receipt: KeyedHash, suppressions: [Suppression], requestID: RequestID?, event: EventType
  ) {
    self.receipt = receipt
    self.suppressions = suppressions
    self.requestID = requestID
    self.event = event
  }
}

public protocol ReportStore: Sendable {
  /// In one transaction: the call's receipt, and for each report that is new its receipt, its
  /// suppressions and, where its request is known, its event. False where the call's receipt is
  /// there already.
  func record(
    _ records: [ReportRecord], delivery: KeyedHash, reports: EventSubscribers
  ) async throws(ResetError) -> Bool
}
