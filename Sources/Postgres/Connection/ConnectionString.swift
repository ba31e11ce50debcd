import CPostgres

/// libpq's connection strings. Its own messages quote the string, so they are never passed on.
enum ConnectionString {
  static func parse(_ url: String) throws(PostgresError) -> [String: String] {
    guard !url.utf8.isEmpty, !url.utf8.contains(0) else {
      throw .configuration(reason: "the URL is empty or holds NUL")
    }
    var message: UnsafeMutablePointer<CChar>?
    let options = unsafe PQconninfoParse(url, &message)
    unsafe PQfreemem(message)
    guard let options = unsafe options else {
      throw .configuration(reason: "the URL is neither a libpq URI nor a key=value string")
    }
    defer { unsafe PQconninfoFree(options) }

    var parameters: [String: String] = [:]
    var option = unsafe options
    while let keyword = unsafe option.pointee.keyword {
      if let value = unsafe option.pointee.val {
        unsafe parameters[String(cString: keyword)] = unsafe String(cString: value)
      }
      unsafe option += 1
    }
    return parameters
  }

  /// One set of parameters per host. libpq in its non-blocking form has no timeout per host, so a
  /// host that swallows packets would use up the time of all others.
  static func splitHosts(
    _ parameters: [String: String]
  ) throws(PostgresError) -> [[String: String]] {
    let lists = ["host", "hostaddr", "port"].map { key in
      parameters[key].map { (key, $0.split(separator: ",", omittingEmptySubsequences: false)) }
    }.compactMap { $0 }
    let count = lists.map(\.1.count).max() ?? 1
    guard lists.allSatisfy({ $0.1.count == count || ($0.0 == "port" && $0.1.count == 1) }) else {
      throw .configuration(reason: "the numbers of hosts, addresses and ports differ")
    }
    return (0..<count).map { index in
      var one = parameters
      for (key, values) in lists { one[key] = String(values[min(index, values.count - 1)]) }
      return one
    }
  }
}

/// Calls `body` with C strings that live as long as the call, and a closing nil.
func withCStrings<Result>(
  _ strings: [String], _ body: ([UnsafePointer<CChar>?]) -> Result
) -> Result {
  var bytes: [CChar] = []
  var starts: [Int] = []
  for string in strings {
    starts.append(bytes.count)
    bytes.append(contentsOf: string.utf8.map { CChar(bitPattern: $0) })
    bytes.append(0)
  }
  return unsafe bytes.withUnsafeBufferPointer { buffer in
    let base = buffer.baseAddress
    let pointers = unsafe starts.map { start in unsafe base.map { unsafe $0 + start } } + [nil]
    return unsafe body(pointers)
  }
}
