import Accounts
import Formats
import Mailing
import PasswordReset
import Postgres

extension ValueType where Value == BaseURL {
  static var base: Self {
    ValueType("https://host[/path] (http only for this machine), no user, query or fragment") {
      text throws(Refusal) in
      do throws(WebURL.Problem) { return try BaseURL(text) } catch { throw Refusal(error) }
    }
  }
}

extension ValueType where Value == WebURL {
  static var target: Self {
    ValueType("an https URL (http only for this machine) without fragment") {
      text throws(Refusal) in
      do throws(WebURL.Problem) { return try WebURL(target: text) } catch { throw Refusal(error) }
    }
  }
}

extension ValueType where Value == ContinueURL {
  static var continueURL: Self {
    ValueType("an https URL (http only for this machine) with {token} once, after the host") {
      text throws(Refusal) in
      do throws(WebURL.Problem) { _ = try WebURL(text) } catch { throw Refusal(error) }
      guard let url = ContinueURL(text) else { throw Refusal() }
      return url
    }
  }
}

extension ValueType where Value == PostgresURL {
  /// What libpq takes; whether there is a database is another question.
  static var database: Self {
    ValueType("a libpq URI such as postgresql://user@host/name") { try? PostgresURL($0) }
  }
}

extension ValueType where Value == [TransportURL] {
  static var transports: Self {
    ValueType("space-separated URLs: \(TransportURL.schemes.joined(separator: ", "))") {
      text throws(Refusal) in
      var transports: [TransportURL] = []
      for url in text.split(separator: " ") {
        do throws(MailingError) { transports.append(try TransportURL(String(url))) } catch {
          throw Refusal(reason: "\(error)")
        }
      }
      return transports
    }
  }
}

extension Refusal {
  fileprivate init(_ problem: WebURL.Problem) { reason = "it \(problem)" }
}

extension ValueType where Value == AccountQuery {
  static var accountQuery: Self {
    ValueType("a query with $1 for the address and columns id, email[, locale, version]") {
      try? AccountQuery($0)
    }
  }
}
