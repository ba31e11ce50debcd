internal import Formats

/// A part of a body. Files are read piece by piece while they go out, never whole.
public enum TransferPiece: Sendable, Equatable {
  case bytes([UInt8])
  /// The file's content in base64 (RFC 4648 section 4); with `hasLines` in lines of 76 characters
  /// that each end in CR LF, the last one too (RFC 2045 section 6.8).
  ///
  /// `size` is the file's, in bytes. A file that has another size when it is read, or that is not
  /// a regular file, breaks the transfer off before its end.
  case base64(path: String, size: Int64, hasLines: Bool)
  /// Another body, files and all, in base64 without line ends.
  case encoded(TransferBody)
}

/// What a transfer sends after its head: pieces in order.
public struct TransferBody: Sendable, Equatable {
  public let pieces: [TransferPiece]
  /// The length as sent, in bytes; base64 counts as encoded. At most `Int64.max`, where no sum of
  /// real files arrives.
  public let count: Int64

  public init(_ pieces: [TransferPiece]) {
    self.pieces = pieces
    count = pieces.reduce(0) { sum, piece in
      let (total, overflow) = sum.addingReportingOverflow(piece.count)
      return overflow ? .max : total
    }
  }

  public init(_ bytes: [UInt8]) {
    self.init(bytes.isEmpty ? [] : [.bytes(bytes)])
  }

  public var isEmpty: Bool { count == 0 }

  /// Whether something has to be read while it goes out.
  var hasFiles: Bool {
    pieces.contains { piece in
      switch piece {
      case .bytes: false
      case .base64: true
      case .encoded(let body): body.hasFiles
      }
    }
  }
}

extension TransferPiece {
  /// The length as sent, in bytes.
  var count: Int64 {
    switch self {
    case .bytes(let bytes): Int64(bytes.count)
    case .base64(_, let size, let hasLines): Base64.count(of: size, hasLines: hasLines)
    case .encoded(let body): Base64.count(of: body.count, hasLines: false)
    }
  }
}
