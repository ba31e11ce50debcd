import Formats
import NIOHTTP1
import PasswordReset

/// Why a request is refused before any route sees it.
public enum EdgeRefusal: Error, Sendable, Equatable {
  case malformed
  case headersTooLarge
  case unknownMethod

  var problem: Problem {
    switch self {
    case .malformed: .badRequest("The request could not be read as HTTP/1.1.")
    case .headersTooLarge: .headersTooLarge
    case .unknownMethod: .unknownMethod
    }
  }
}

extension HTTPRequestHead {
  var expectsContinue: Bool {
    version == .http1_1
      && headers["expect"].contains { $0.asciiLowercased.utf8.elementsEqual("100-continue".utf8) }
  }

  /// Refuses what two parsers could read in two ways (RFC 9112 §6.3, request smuggling): two
  /// lengths, a length next to a transfer coding, codings other than chunked, no or two hosts, and
  /// targets in any but origin form.
  func checkFraming() throws(EdgeRefusal) {
    let lengths = headers["content-length"]
    let codings = headers["transfer-encoding"]
    guard lengths.count <= 1, codings.count <= 1, lengths.isEmpty || codings.isEmpty,
      codings.allSatisfy({ $0.asciiLowercased.utf8.elementsEqual("chunked".utf8) }),
      lengths.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } && $0.utf8.count <= 18 })
    else { throw .malformed }
    let hosts = headers["host"].count
    guard version == .http1_1 && hosts == 1 || version == .http1_0 && hosts <= 1 else {
      throw .malformed
    }
    guard codings.isEmpty || version == .http1_1 else { throw .malformed }
    guard uri.utf8.first == UInt8(ascii: "/") else { throw .malformed }
  }
}
