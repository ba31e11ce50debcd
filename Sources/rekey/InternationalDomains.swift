import Foundation
import PasswordReset

/// IDNA by the ICU that Foundation brings: UTS #46, non-transitional.
struct InternationalDomains: DomainEncoding {
  func aLabels(_ domain: String) -> String? {
    // Nothing that a URL would take as more than a host.
    guard !domain.utf8.contains(where: { "/:?#@%[]\\".utf8.contains($0) || $0 <= 0x20 }) else {
      return nil
    }
    return URLComponents(string: "http://\(domain)/")?.encodedHost
  }
}
