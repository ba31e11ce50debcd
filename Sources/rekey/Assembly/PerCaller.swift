/// One part for everybody, and one for each caller that has made choices of its own; by name.
struct PerCaller<Part: Sendable>: Sendable {
  private let common: Part?
  private let own: [String: Part?]

  /// - Parameter make: is told whose choices they are, nil for everybody's.
  init(_ settings: Settings, _ make: (CallerChoices, String?) throws -> Part?) rethrows {
    common = try make(settings.common, nil)
    own = Dictionary(
      uniqueKeysWithValues: try settings.own.map { ($0.key, try make($0.value, $0.key)) })
  }

  /// A caller's own choice may be to have none.
  subscript(caller: String) -> Part? {
    if let own = own[caller] { own } else { common }
  }

  var all: [Part] { ([common] + own.values).compactMap { $0 } }
}
