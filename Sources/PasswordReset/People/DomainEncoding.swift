/// Turns internationalised domains into the form that DNS and mail servers know.
public protocol DomainEncoding: Sendable {
  /// The A-labels (`xn--…`) of a domain with non-ASCII or `xn--` labels, by UTS #46 without
  /// transitional mappings; nil if it has none.
  func aLabels(_ domain: String) -> String?
}
