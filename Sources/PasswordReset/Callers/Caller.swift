internal import Cryptography

/// How the accounts behind a caller's addresses are found.
public enum DirectoryMode: String, Sendable, CaseIterable {
  /// Nobody is asked: mail goes to the typed address, and its token names only the address.
  case none
  case http
  case sql
}

/// A main app with an API key, and what configuration says for it.
public struct Caller: Sendable, Equatable {
  public let name: String
  public let settings: CallerSettings

  public init(name: String, settings: CallerSettings) {
    self.name = name
    self.settings = settings
  }
}

/// What may differ from caller to caller (`callers.<name>.*`).
public struct CallerSettings: Sendable, Equatable {
  public var continueURL: ContinueURL
  public var addressLimits: RateLimits
  public var clientLimits: RateLimits
  public var directory: DirectoryMode
  public var mailFrom: Mailbox
  /// What pages and mails call the app.
  public var brand: String
  /// How often an address without an account may be told so; nil where it never is.
  public var noAccountLimits: RateLimits?
  public var wantsEvents: Bool

  public init(
    continueURL: ContinueURL, addressLimits: RateLimits, clientLimits: RateLimits,
    directory: DirectoryMode, mailFrom: Mailbox, brand: String,
    noAccountLimits: RateLimits? = nil, wantsEvents: Bool = false
  ) {
    self.continueURL = continueURL
    self.addressLimits = addressLimits
    self.clientLimits = clientLimits
    self.directory = directory
    self.mailFrom = mailFrom
    self.brand = brand
    self.noAccountLimits = noAccountLimits
    self.wantsEvents = wantsEvents
  }
}

/// Finds the settings of a caller; deployment-wide ones where it has none of its own.
public struct CallerBook: Sendable {
  private let common: CallerSettings
  private let own: [String: CallerSettings]

  public init(common: CallerSettings, own: [String: CallerSettings]) {
    self.common = common
    self.own = own
  }

  public subscript(name: String) -> Caller {
    Caller(name: name, settings: own[name] ?? common)
  }

  public var eventSubscribers: EventSubscribers {
    EventSubscribers(
      common: common.wantsEvents,
      exceptions: own.filter { $0.value.wantsEvents != common.wantsEvents }.keys.sorted())
  }
}
