internal import CCurl
internal import Formats

/// What has arrived of an answer, as libcurl's callbacks report it.
final class HTTPReception {
  private let limit: Int
  private var count = 0
  private(set) var isTooLarge = false
  private var headers: [(name: String, value: String)] = []
  private var body: [UInt8] = []

  init(limit: Int) { self.limit = max(0, limit) }

  func answer(status: Int) -> HTTPAnswer {
    HTTPAnswer(status: status, headers: headers, body: body)
  }

  func watch(_ easy: EasyHandle) {
    unsafe easy.set(CURLOPT_HEADERFUNCTION, callback: onHeader)
    easy.set(CURLOPT_HEADERDATA, context: self)
    unsafe easy.set(CURLOPT_WRITEFUNCTION, callback: onBody)
    easy.set(CURLOPT_WRITEDATA, context: self)
  }

  /// False ends the transfer.
  fileprivate func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard admit(bytes.count) else { return false }
    unsafe body.append(contentsOf: bytes)
    return true
  }

  /// One line of the head, or of a trailer.
  fileprivate func receiveHeader(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard admit(bytes.count) else { return false }
    let line = unsafe bytes.prefix { $0 != 0x0d && $0 != 0x0a }
    guard let colon = unsafe line.firstIndex(of: UInt8(ascii: ":")) else {
      // A status line: after an interim answer (1xx) the final one begins from nothing.
      if unsafe line.starts(with: "HTTP/".utf8) { headers = [] }
      return true
    }
    let name = unsafe line[..<colon].map(\.asciiLowercased)
    var value = unsafe Array(line[(colon + 1)...])
    value.removeAll(while: { $0 == 0x20 || $0 == 0x09 })
    headers.append(
      (String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self)))
    return true
  }

  private func admit(_ more: Int) -> Bool {
    let (sum, overflow) = count.addingReportingOverflow(more)
    isTooLarge = isTooLarge || overflow || sum > limit
    count = sum
    return !isTooLarge
  }
}

extension [UInt8] {
  /// Removes matching bytes at both ends.
  fileprivate mutating func removeAll(while matches: (UInt8) -> Bool) {
    self = Array(drop(while: matches))
    while let last, matches(last) { removeLast() }
  }
}

private func reception(_ context: UnsafeMutableRawPointer?) -> HTTPReception? {
  guard let context = unsafe context else { return nil }
  return unsafe Unmanaged<HTTPReception>.fromOpaque(context).takeUnretainedValue()
}

private let onHeader: ccurl_write_callback = { bytes, size, count, context in
  let buffer = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
  return unsafe reception(context)?.receiveHeader(buffer) == true ? buffer.count : 0
}

private let onBody: ccurl_write_callback = { bytes, size, count, context in
  let buffer = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
  return unsafe reception(context)?.receiveBody(buffer) == true ? buffer.count : 0
}
