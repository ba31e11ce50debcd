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
