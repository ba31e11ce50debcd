import Glibc
import Testing
import Transfer

@Suite struct HTTPTests {
  @Test func `an answer has its status, its headers in lower case and its body`() async throws {
    let script = HTTPScript(
      status: "418 I'm a teapot", headers: ["X-One:  a b ", "x-ONE: c", "Empty:"], body: "short")
    let server = ScriptedServer(script.serve)
    let answer = try await withLoop { try await $0.perform(call(server.port, path: "/p?q=1")) }
    #expect(answer.status == 418)
    #expect(answer.headers.filter { $0.name == "x-one" }.map(\.value) == ["a b", "c"])
    #expect(answer.header("empty") == "")
    #expect(answer.body == Array("short".utf8))
    #expect(script.requests.first?.head.first == "GET /p?q=1 HTTP/1.1")
  }

  @Test func `a request arrives as given and without an expectation`() async throws {
    let script = HTTPScript(status: "202 Accepted")
    let server = ScriptedServer(script.serve)
    var call = call(server.port, method: "PUT")
    call.body = TransferBody([UInt8](repeating: 0, count: 100_000))
    call.headers = [("X-Key", "v: w"), ("X-Empty", "")]
    let answer = try await withLoop { [call] in try await $0.perform(call) }
    #expect(answer.status == 202)
    let request = try #require(script.requests.first)
    #expect(TransferBody(request.body) == call.body)
    #expect(
      request.head == [
        "PUT / HTTP/1.1", "Host: 127.0.0.1:\(server.port)", "X-Key: v: w", "X-Empty:",
        "Content-Length: 100000",
      ])
  }

  @Test func `a POST without a body has the length zero`() async throws {
    let script = HTTPScript(status: "204 No Content")
    let server = ScriptedServer(script.serve)
    let answer = try await withLoop { try await $0.perform(call(server.port, method: "POST")) }
    #expect(answer.status == 204)
    #expect(script.requests.first?.header("content-length") == "Content-Length: 0")
  }

  @Test func `a HEAD request has an answer without body`() async throws {
    let server = ScriptedServer(HTTPScript("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n").serve)
    let answer = try await withLoop { try await $0.perform(call(server.port, method: "HEAD")) }
    #expect(answer.status == 200 && answer.body.isEmpty)
  }

  @Test func `an interim answer is not the answer`() async throws {
    let answer = "HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    let server = ScriptedServer(HTTPScript(answer).serve)
    let result = try await withLoop { try await $0.perform(call(server.port)) }
    #expect(result.status == 200)
    #expect(result.headers.map(\.name) == ["content-length"])
  }

  @Test func `calls one after the other use one connection`() async throws {
    let script = HTTPScript(status: "200 OK", body: "x")
    let server = ScriptedServer(script.serve)
    try await withLoop { loop in
      for _ in 0..<20 {
        let answer = try await loop.perform(call(server.port))
        #expect(answer.status == 200)
      }
    }
    #expect(server.accepted == 1)
    #expect(script.requests.count == 20)
  }

  @Test func `calls at once never use more connections than permitted`() async throws {
    let server = ScriptedServer(HTTPScript(status: "200 OK").serve)
    try await withLoop(maxConnections: 3) { loop in
      try await withThrowingTaskGroup { group in
        for _ in 0..<100 {
          group.addTask { try await loop.perform(call(server.port)).status }
        }
        for try await status in group { #expect(status == 200) }
      }
    }
    #expect(server.mostOpen <= 3)
  }

  @Test func `a redirect is an answer and is not followed`() async throws {
    let script = HTTPScript(status: "302 Found", headers: ["Location: /elsewhere"])
    let server = ScriptedServer(script.serve)
    let answer = try await withLoop { try await $0.perform(call(server.port)) }
    #expect(answer.status == 302)
    #expect(answer.header("location") == "/elsewhere")
    #expect(script.requests.count == 1)
  }

  @Test func `an answer of the permitted size passes and of one byte more fails`() async throws {
    let head = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
    let server = ScriptedServer { peer in
      while let line = peer.readLine(), line != "\r\n" {}
      peer.write(head + String(repeating: "x", count: 1000))
    }
    try await withLoop { loop in
      var call = call(server.port)
      call.maxAnswerBytes = head.utf8.count + 1000
      let answer = try await loop.perform(call)
      #expect(answer.body.count == 1000)
      call.maxAnswerBytes -= 1
      await expectError(TransferError(.tooLarge, mayHaveBeenReceived: true)) {
        try await loop.perform(call)
      }
    }
  }

  @Test func `an endless head fails`() async throws {
    let server = ScriptedServer { peer in
      _ = peer.readLine()
      peer.write("HTTP/1.1 200 OK\r\n")
      while peer.write("X-Header: more and more\r\n") {}
    }
    await expectError(TransferError(.tooLarge, mayHaveBeenReceived: true)) {
      try await withLoop { try await $0.perform(call(server.port)) }
    }
  }

  @Test func `plain http is refused without the flag and for every host but loopback`()
    async throws
  {
    let server = ScriptedServer(HTTPScript(status: "200 OK").serve)
    try await withLoop { loop in
      var plain = call(server.port)
      plain.allowPlainHTTP = false
      await expectError(TransferError(.refused, cause: "url")) {
        try await loop.perform(plain)
      }
      for host in ["example.test", "10.0.0.1", "127.0.0.1.example.test", "localhost.test", "0"] {
        await expectError(TransferError(.refused, cause: "url")) {
          try await loop.perform(call(server.port, host: host))
        }
      }
      #expect(server.accepted == 0)
      let answer = try await loop.perform(call(server.port, host: "localhost"))
      #expect(answer.status == 200)
    }
  }

  @Test(arguments: [
    "", "/path", "ftp://127.0.0.1/", "file:///etc/passwd", "http://u:p@127.0.0.1/",
    "http://127.0.0.1/ HTTP/1.1", "http://127.0.0.1/\r\nX: y", "http://127.0.0.1/#f",
    "http://127.0.0.1/\u{e9}", "gopher://127.0.0.1/",
  ])
  func `a URL that is more or less than a web address is refused`(url: String) async throws {
    var call = call(80)
    call.url = url
    await expectError(TransferError(.refused, cause: "url")) {
      try await withLoop { try await $0.perform(call) }
    }
  }

  @Test(arguments: [
    ("X", "a\r\nY: b"), ("X", "a\n"), ("X", "a\0"), ("X\r\nY", "a"), ("X ", "a"), ("", "a"),
    ("X:", "a"), ("Content-Length", "5"), ("transfer-encoding", "chunked"), ("EXPECT", "x"),
  ])
  func `a header that is more than a header is refused`(name: String, value: String)
    async throws
  {
    var call = call(80)
    call.headers = [(name, value)]
    await expectError(TransferError(.refused, cause: "header")) {
      try await withLoop { try await $0.perform(call) }
    }
  }

  @Test func `a proxy in the environment is ignored`() async {
    // In a process of its own, since other tests read the environment at the same time.
    await #expect(processExitsWith: .success) { try await callDespiteProxy() }
  }
}

private func callDespiteProxy() async throws {
  let proxy = HTTPScript(status: "502 Bad Gateway")
  let proxyServer = ScriptedServer(proxy.serve)
  for name in ["http_proxy", "https_proxy", "all_proxy", "ALL_PROXY"] {
    setenv(name, "http://127.0.0.1:\(proxyServer.port)", 1)
  }
  let server = ScriptedServer(HTTPScript(status: "200 OK").serve)
  let answer = try await withLoop { try await $0.perform(call(server.port)) }
  #expect(answer.status == 200)
  #expect(proxy.requests.isEmpty)
}
