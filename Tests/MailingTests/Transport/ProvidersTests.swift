import Formats
import Testing

@testable import Mailing

/// The list of providers, and what follows from it.
struct ProvidersTests {
  private static let page = "ops/delivery.md"

  private static func documentation() throws -> String {
    let here = #filePath
    let end = try #require(here.firstRange(of: "/Tests/MailingTests/")).lowerBound
    return try SmallFile.text("\(here[..<end])/\(page)", for: .anybody, atMost: 1024 * 1024)
  }

  /// The table of transports.
  private static func rows() throws -> [Substring] {
    try documentation().split(separator: "\n").filter {
      $0.hasPrefix("| `") && $0.contains("://")
    }
  }

  @Test func `every scheme is parsed, and documented with a row that is parsed`() throws {
    let rows = try Self.rows()
    for provider in Providers.all {
      #expect(!provider.schemes.isEmpty && !provider.options.isEmpty)
      for scheme in provider.schemes {
        #expect(try ObjectIdentifier(Providers.named(scheme)) == ObjectIdentifier(provider))
        let row = try #require(
          rows.first { $0.hasPrefix("| `\(scheme)://") }, "\(scheme):// is not in \(Self.page)")
        let example = row.split(separator: "`")[1].filter { !"[]".contains($0) }
        #expect(try TransportURL(example).scheme == scheme)
      }
    }
  }

  @Test func `no scheme stands twice, and there is no row of what is none`() throws {
    let schemes = TransportURL.schemes
    #expect(Set(schemes).count == schemes.count)
    #expect(schemes.allSatisfy { $0 == $0.asciiLowercased })
    #expect(try Self.rows().count == schemes.count)
  }

  @Test func `every parameter is documented, and means one thing`() throws {
    let text = try Self.documentation()
    for name in TransportURL.optionNames {
      #expect(text.contains("\(name)="), "\(name) is not in \(Self.page)")
    }
    for provider in Providers.all {
      #expect(Set(provider.options.map(\.name)).count == provider.options.count)
    }
  }
}
