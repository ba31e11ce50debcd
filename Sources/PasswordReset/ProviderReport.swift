/// What a mail provider reports about a mail after it has taken it.
public struct ProviderReport: Sendable, Equatable {
  public enum Kind: Sendable, Equatable {
    /// It came back for good.
    case bounce
    /// The person called it unwanted.
    case complaint
  }

  public let kind: Kind
  public let address: EmailAddress
  /// The request that the mail belongs to, where the report names it.
  public let requestID: RequestID?
  /// What the provider calls this report; the same in every repetition.
  public let id: String

  public init(kind: Kind, address: EmailAddress, requestID: RequestID?, id: String) {
    self.kind = kind
    self.address = address
    self.requestID = requestID
    self.id = id
  }
}

/// What one call of a provider brought, its signature having been verified.
public struct ProviderDelivery: Sendable, Equatable {
  /// `sendgrid`, `mailgun`, `postmark`, `ses`.
  public let provider: String
  /// What makes this call different from every other one: its signature, or the provider's id of it.
  public let id: [UInt8]
  /// Those that concern the fate of an address; others are left out.
  public let reports: [ProviderReport]

  public init(provider: String, id: [UInt8], reports: [ProviderReport]) {
    self.provider = provider
    self.id = id
    self.reports = reports
  }
}

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
