import Hooks
import PasswordReset
import Testing

@Suite struct `A certificate of SNS` {
  private let topic: HooksTopic

  init() throws { topic = try HooksTopic() }

  @Test func `is fetched once`() async throws {
    let web = HooksWeb([HooksTopic.url: Array(try topic.certificate().utf8)])
    let hook = try topic.hook(web)
    for _ in 0..<3 { #expect(await HooksOutcome.of(hook, try topic.call()) == .nothing) }
    #expect(web.urls == [HooksTopic.url])
  }

  @Test(arguments: [
    "https://sns.us-east-1.amazonaws.com/a.pem", "https://sns.eu-west-3.amazonaws.com/A-b_0.pem",
    "https://sns.cn-north-1.amazonaws.com.cn/SimpleNotificationService-0.pem",
  ])
  func `is at a host of SNS in any region`(url: String) async throws {
    let web = HooksWeb([url: Array(try topic.certificate().utf8)])
    let call = try topic.call { $0["SigningCertURL"] = url }
    #expect(await HooksOutcome.of(try topic.hook(web), call) == .nothing)
    #expect(web.urls == [url])
  }

  @Test(arguments: [
    "https://sns.us-east-1.amazonaws.com.evil.example/a.pem",
    "https://sns.us-east-1.amazonaws.com.cn.evil.example/a.pem",
    "https://sns.us-east-1.amazonaws.com@evil.example/a.pem",
    "https://evil.example@sns.us-east-1.amazonaws.com/a.pem",
    "https://sns.us-east-1.amazonaws.com:443/a.pem",
    "https://sns.us-east-1.amazonaws.com:8443/a.pem",
    "http://sns.us-east-1.amazonaws.com/a.pem", "HTTPS://sns.us-east-1.amazonaws.com/a.pem",
    "https://SNS.us-east-1.amazonaws.com/a.pem", "https://sns.us-east-1.amazonaws.com./a.pem",
    "https://sns.amazonaws.com/a.pem", "https://sns..amazonaws.com/a.pem",
    "https://sns.a.b.amazonaws.com/a.pem", "https://xsns.us-east-1.amazonaws.com/a.pem",
    "https://s3.us-east-1.amazonaws.com/a.pem", "https://sns.us-east-1.amazonaws.comx/a.pem",
    "https://sns.evil.example#.amazonaws.com/a.pem",
    "https://sns.evil.example/.amazonaws.com/a.pem",
    "https://sns.us-east-1.amazonaws.com\\@evil.example/a.pem",
    "https://sns.us-east-1.amazonaws.com/a.pem?x=.pem",
    "https://sns.us-east-1.amazonaws.com/?a=.pem",
    "https://sns.us-east-1.amazonaws.com/a.pem#.pem", "https://sns.us-east-1.amazonaws.com/a/b.pem",
    "https://sns.us-east-1.amazonaws.com/../a.pem", "https://sns.us-east-1.amazonaws.com/%61.pem",
    "https://sns.us-east-1.amazonaws.com/a.b.pem", "https://sns.evil@us-east-1.amazonaws.com/a.pem",
    "https://sns.US-EAST-1.amazonaws.com/a.pem", "https://sns.us_east_1.amazonaws.com/a.pem",
    "https://sns.us-east-1.amazonaws.com/.pem", "https://sns.us-east-1.amazonaws.com/a.crt",
    "https://sns.us-east-1.amazonaws.com/a.pem\r\n", "https://sns.us-east-1.amazonaws.com", "",
    " https://sns.us-east-1.amazonaws.com/a.pem", "file:///etc/a.pem",
    "https://127.0.0.1/a.pem", "https://[::1]/a.pem",
  ])
  func `is nowhere else, and nothing else is called`(url: String) async throws {
    let web = HooksWeb([url: Array(try topic.certificate().utf8)])
    let call = try topic.call { $0["SigningCertURL"] = url }
    #expect(await HooksOutcome.of(try topic.hook(web), call) == .unauthenticated)
    #expect(web.urls.isEmpty)
  }

  @Test(arguments: ["", "not a certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n"])
  func `may be missing for a while, and is asked for again`(content: String) async throws {
    let web = HooksWeb([HooksTopic.url: Array(content.utf8)])
    let hook = try topic.hook(web)
    for _ in 0..<2 {
      #expect(await HooksOutcome.of(hook, try topic.call()) == .refused(.unavailable))
    }
    #expect(web.urls.count == 2)
    #expect(
      await HooksOutcome.of(try topic.hook(HooksWeb()), try topic.call())
        == .refused(.unavailable))
  }

  @Test(arguments: [
    (HooksSample.second...HooksSample.second, true),
    (HooksSample.second - 9...HooksSample.second - 1, false),
    (HooksSample.second + 1...HooksSample.second + 9, false),
  ])
  func `counts from its first second to its last`(
    validity: ClosedRange<Int64>, isValid: Bool
  ) async throws {
    let file = try topic.certificate(validity)
    let fetched = try topic.hook(HooksWeb([HooksTopic.url: Array(file.utf8)]))
    let pinned = try topic.hook(HooksWeb(), pinned: file)
    for hook in [fetched, pinned] {
      let outcome = await HooksOutcome.of(hook, try topic.call())
      #expect(outcome == (isValid ? .nothing : .unauthenticated))
    }
  }

  @Test func `of another key signs nothing here`() async throws {
    let other = try HooksSigner(.rsa).certificate(HooksTopic.year)
    let file = HooksSample.pem("CERTIFICATE", other)
    let hook = try topic.hook(HooksWeb([HooksTopic.url: Array(file.utf8)]))
    #expect(await HooksOutcome.of(hook, try topic.call()) == .unauthenticated)
  }

  @Test func `that is pinned is the only one, wherever a message says that it is`() async throws {
    let web = HooksWeb([HooksTopic.url: Array(try topic.certificate().utf8)])
    let other = HooksSample.pem("CERTIFICATE", try HooksSigner(.rsa).certificate(HooksTopic.year))
    let strange = try topic.hook(web, pinned: other)
    #expect(await HooksOutcome.of(strange, try topic.call()) == .unauthenticated)
    let own = try topic.hook(web, pinned: other + (try topic.certificate()))
    let call = try topic.call { $0["SigningCertURL"] = "http://evil.example/a.pem" }
    #expect(await HooksOutcome.of(own, call) == .nothing)
    #expect(web.urls.isEmpty)
  }

  @Test func `to be pinned has to be one`() throws {
    let good = try topic.certificate()
    let curve = HooksSample.pem("CERTIFICATE", try HooksSigner(.p256).certificate(HooksTopic.year))
    for (file, problem) in [
      ("", HookProblem.empty), (String(good.dropLast(9)), .certificate(number: 1)),
      (good + curve, .certificate(number: 2)),
    ] {
      #expect(throws: problem) { try topic.hook(HooksWeb(), pinned: file) }
    }
  }
}

@Suite struct `A subscription to SNS` {
  private let topic: HooksTopic

  init() throws { topic = try HooksTopic() }

  private func web(_ url: String) throws -> HooksWeb {
    HooksWeb([HooksTopic.url: Array(try topic.certificate().utf8), url: Array("<ok/>".utf8)])
  }

  @Test(arguments: ["1", "2"])
  func `is confirmed`(version: String) async throws {
    let url = "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&Token=2336"
    let web = try web(url)
    let call = try topic.call("SubscriptionConfirmation", "Visit it.", version: version) {
      $0["SubscribeURL"] = url
    }
    #expect(await HooksOutcome.of(try topic.hook(web), call) == .nothing)
    #expect(web.urls == [HooksTopic.url, url])
  }

  @Test(arguments: [
    "https://sns.us-east-1.amazonaws.com.evil.example/?x", "http://sns.us-east-1.amazonaws.com/?x",
    "https://sns.us-east-1.amazonaws.com:444/?x", "https://a@sns.us-east-1.amazonaws.com/?x",
    "https://sns.us-east-1.amazonaws.com/x", "https://sns.us-east-1.amazonaws.com/?a b",
    "https://sns.us-east-1.amazonaws.com/?a\r\nb", "https://evil.example/?x", "",
  ])
  func `is confirmed at no other host, however it is signed`(url: String) async throws {
    let web = try web(url)
    let call = try topic.call("SubscriptionConfirmation") { $0["SubscribeURL"] = url }
    #expect(await HooksOutcome.of(try topic.hook(web), call) == .refused(.unreadable))
    #expect(web.urls == [HooksTopic.url])
  }

  @Test func `of another topic is not confirmed`() async throws {
    let web = HooksWeb()
    let call = try topic.call("SubscriptionConfirmation") {
      $0["TopicArn"] = "arn:aws:sns:us-east-1:999999999999:theirs"
    }
    #expect(await HooksOutcome.of(try topic.hook(web), call) == .unauthenticated)
    #expect(web.urls.isEmpty)
  }

  @Test func `that cannot be confirmed now may come again`() async throws {
    let web = HooksWeb([HooksTopic.url: Array(try topic.certificate().utf8)])
    let call = try topic.call("SubscriptionConfirmation")
    #expect(await HooksOutcome.of(try topic.hook(web), call) == .refused(.unavailable))
  }

  @Test func `may end, of which nothing follows`() async throws {
    let web = HooksWeb([HooksTopic.url: Array(try topic.certificate().utf8)])
    let call = try topic.call("UnsubscribeConfirmation")
    #expect(await HooksOutcome.of(try topic.hook(web), call) == .nothing)
    #expect(web.urls == [HooksTopic.url])
  }
}
