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

  public var limitHistory: LimitHistory { LimitHistory(of: [common] + own.values) }
}

/// The main app's new-password page, with `{token}` where the token goes.
public struct ContinueURL: Sendable, Equatable {
  public let template: String

  /// Nil without exactly one `{token}`, or with anything that cannot stand in a Location header.
  public init?(_ template: String) {
    guard template.utf8.allSatisfy({ (0x21...0x7e).contains($0) }),
      template.components(around: "{token}").count == 2
    else { return nil }
    self.template = template
  }

  public func filled(with token: String) -> String {
    template.components(around: "{token}").joined(separator: token)
  }
}

extension String {
  /// The parts between the occurrences of an ASCII marker, found by bytes.
  fileprivate func components(around marker: String) -> [String] {
    let (text, mark) = (Array(utf8), Array(marker.utf8))
    var parts: [[UInt8]] = [[]]
    var index = 0
    while index < text.count {
      if text[index...].starts(with: mark) {
        parts.append([])
        index += mark.count
      } else {
        parts[parts.count - 1].append(text[index])
        index += 1
      }
    }
    return parts.map { String(decoding: $0, as: UTF8.self) }
  }
}

/// A sender: an address with an optional display name, written `Name <a@b>`.
public struct Mailbox: Sendable, Equatable {
  public let name: String?
  public let address: EmailAddress

  /// Nil unless the text is an address or a name of at most 128 octets without control characters
  /// and angle brackets, followed by an address in angle brackets.
  public init?(_ text: String, policy: EmailAddress.Policy) {
    let bytes = Array(text.utf8)
    guard bytes.last == UInt8(ascii: ">"), let open = bytes.lastIndex(of: UInt8(ascii: "<")) else {
      guard let address = try? EmailAddress(text, policy: policy) else { return nil }
      self.init(name: nil, address: address)
      return
    }
    let inner = String(decoding: bytes[(open + 1)..<(bytes.count - 1)], as: UTF8.self)
    var name = bytes[..<open]
    while name.last == 0x20 { name = name.dropLast() }
    while name.first == 0x20 { name = name.dropFirst() }
    guard let address = try? EmailAddress(inner, policy: policy), name.count <= 128,
      name.allSatisfy({ $0 >= 0x20 && $0 != 0x7f && !"<>".utf8.contains($0) })
    else { return nil }
    self.init(
      name: name.isEmpty ? nil : String(decoding: name, as: UTF8.self), address: address)
  }

  private init(name: String?, address: EmailAddress) {
    self.name = name
    self.address = address
  }
}
