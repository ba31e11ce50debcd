internal import CCurl
internal import Formats

/// A request on its way out, as libcurl's callbacks ask for it and report it.
final class HTTPSending {
  private let body: TransferBody
  private let mayRepeatBody: Bool
  private let mayReachPrivate: Bool
  private var reader: BodyReader
  private var buffer: [UInt8] = []
  private var start = 0
  private var isHeadSent = false
  private var endOfHead: [UInt8] = []
  private var bodyBytesSent: Int64 = 0
  private var hasRefusedAddress = false
  private var hasTriedAddress = false

  /// Whether the whole request has been handed to a socket, at any attempt.
  private(set) var isComplete = false
  private(set) var fault: FileReader.Fault?

  init(_ call: HTTPTransfer) {
    body = call.body
    // RFC 9110 section 9.2.2: these change nothing, so twice is like once.
    mayRepeatBody = call.isRepeatable || ["GET", "HEAD"].contains(call.method)
    mayReachPrivate = call.mayReachPrivate
    reader = BodyReader(call.body)
  }

  /// Whether every address that the host has was refused.
  var isRefused: Bool { hasRefusedAddress && !hasTriedAddress }

  func watch(_ easy: EasyHandle) {
    unsafe easy.setReadCallback(onRead)
    easy.set(CURLOPT_READDATA, context: self)
    unsafe easy.setSeekCallback(onSeek)
    easy.set(CURLOPT_SEEKDATA, context: self)
    unsafe easy.setPrerequestCallback(onRequest)
    easy.set(CURLOPT_PREREQDATA, context: self)
    unsafe easy.setDebugCallback(onDebug)
    easy.set(CURLOPT_DEBUGDATA, context: self)
    easy.set(CURLOPT_VERBOSE, true)
    guard !mayReachPrivate else { return }
    unsafe easy.setOpenSocketCallback(onSocket)
    easy.set(CURLOPT_OPENSOCKETDATA, context: self)
  }

  // MARK: What libcurl asks

  /// Copies what comes next and returns how much that is; nil breaks the transfer off.
  fileprivate func read(into target: UnsafeMutableRawBufferPointer) -> Int? {
    do throws(FileReader.Fault) {
      while start == buffer.count {
        buffer.removeAll(keepingCapacity: true)
        start = 0
        guard try reader.append(to: &buffer) != nil else {
          buffer = []
          return 0
        }
      }
    } catch {
      fault = error
      return nil
    }
    let count = min(target.count, buffer.count - start)
    unsafe target.copyBytes(from: buffer[start..<(start + count)])
    start += count
    return count
  }

  /// Called before each attempt. libcurl repeats a request by itself when a kept connection turns
  /// out to be dead, and may then have read more of the body than it sent.
  fileprivate func beginRequest(to address: IPAddress?) -> Bool {
    if !mayReachPrivate, address?.isPublic != true {
      hasRefusedAddress = true
      hasTriedAddress = false
      return false
    }
    guard mayBegin else { return false }
    reader = BodyReader(body)
    buffer = []
    start = 0
    isHeadSent = false
    endOfHead = []
    bodyBytesSent = 0
    return true
  }

  fileprivate var mayBegin: Bool { mayRepeatBody || bodyBytesSent == 0 && !isComplete }

  fileprivate func mayConnect(to address: IPAddress?) -> Bool {
    let mayConnect = address?.isPublic == true
    if mayConnect { hasTriedAddress = true } else { hasRefusedAddress = true }
    return mayConnect
  }

  // MARK: What libcurl reports

  fileprivate func sentHead(_ bytes: UnsafeRawBufferPointer) {
    endOfHead = unsafe Array((endOfHead + bytes.suffix(4)).suffix(4))
    isHeadSent = endOfHead.elementsEqual("\r\n\r\n".utf8)
    noteCompleteness()
  }

  fileprivate func sentBody(_ count: Int) {
    bodyBytesSent += Int64(count)
    noteCompleteness()
  }

  private func noteCompleteness() {
    if isHeadSent, bodyBytesSent >= body.count { isComplete = true }
  }
}

private func sending(_ context: UnsafeMutableRawPointer?) -> HTTPSending? {
  guard let context = unsafe context else { return nil }
  return unsafe Unmanaged<HTTPSending>.fromOpaque(context).takeUnretainedValue()
}

private let onRead: ccurl_read_callback = { bytes, size, count, context in
  let target = unsafe UnsafeMutableRawBufferPointer(start: bytes, count: size * count)
  return unsafe sending(context)?.read(into: target) ?? ccurl_readfunc_abort
}

/// libcurl rewinds only to repeat a request, and `onRequest` does that.
private let onSeek: ccurl_seek_callback = { context, _, _ in
  unsafe sending(context)?.mayBegin == true ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL
}

private let onRequest: ccurl_prerequest_callback = { context, address, _, _, _ in
  let text = unsafe address.map { unsafe String(cString: $0) }
  let mayBegin = unsafe sending(context)?.beginRequest(to: text.flatMap { IPAddress($0) }) == true
  return mayBegin ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
}

private let onDebug: ccurl_debug_callback = { _, kind, bytes, count, context in
  switch kind {
  case CURLINFO_HEADER_OUT:
    unsafe sending(context)?.sentHead(UnsafeRawBufferPointer(start: bytes, count: count))
  case CURLINFO_DATA_OUT: unsafe sending(context)?.sentBody(count)
  default: break
  }
  return 0
}

private let onSocket: ccurl_open_socket_callback = { context, _, address in
  guard let address = unsafe address,
    unsafe sending(context)?.mayConnect(to: IPAddress(address)) == true
  else { return CURL_SOCKET_BAD }
  return unsafe ccurl_open_socket(address)
}
