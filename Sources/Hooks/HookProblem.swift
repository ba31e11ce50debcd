internal import Formats

/// Why a hook cannot be configured so. Names the place, never what stands there.
public enum HookProblem: Error, Sendable, Equatable {
  case empty
  /// Lines and PEM blocks count from 1.
  case publicKey(number: Int)
  case signingKey(line: Int)
  case credentials(line: Int)
  case topic(number: Int)
  case certificate(number: Int)
}

extension HookProblem: CustomStringConvertible {
  /// A sentence without its full stop, safe to show.
  public var description: String {
    switch self {
    case .empty: "holds nothing"
    case .publicKey(let number):
      "entry \(number) is no ECDSA P-256 public key in base64 DER or PEM"
    case .signingKey(let line): "line \(line) must have visible ASCII characters only"
    case .credentials(let line): "line \(line) is not user:password"
    case .topic(let number): "entry \(number) is no ARN of an SNS topic"
    case .certificate(let number):
      "certificate \(number) is no X.509 certificate with an RSA key of at least 2048 bits"
    }
  }
}
