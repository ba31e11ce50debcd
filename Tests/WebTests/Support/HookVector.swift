/// One call of each provider, signed with keys that the openssl command has made, at the second at
/// which the clock of a store in memory stands. Each says that ada@example.com cannot be reached.
struct HookVector: Sendable, CustomStringConvertible {
  let path: String
  let headers: [(String, String)]
  let body: String

  var description: String { path }

  static let all = [sendGrid, mailgun, postmark, ses]

  static let sendGridKey = """
    MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEIJLlu1RE4N5D9bEPmRmT27ethzeDEBckWfpB+tqNNiGzrlkVlKkrpatZ\
    G5WKjwiX1gpHqxrKDPRjie/u8l7coQ==
    """

  static let sendGrid = HookVector(
    path: "/hooks/sendgrid",
    headers: [
      ("X-Twilio-Email-Event-Webhook-Timestamp", "1795253400"),
      (
        "X-Twilio-Email-Event-Webhook-Signature",
        """
        MEYCIQCQUPN2rwRFamCjgPZV0A24EQ40ZqPEmfVNFsMHkyNa3AIhANRTkDyTEaa/NmEXEefChh6JWe5iZS7PKeh/\
        SPxA/1Fi
        """
      ),
    ],
    body: """
      [\r\n\
      {"email":"ada@example.com","event":"bounce","type":"bounce","sg_event_id":"e-1"}]\r\n
      """)

  static let mailgunKey = "signing-key-of-mailgun"

  static let mailgun = HookVector(
    path: "/hooks/mailgun", headers: [("Content-Type", "application/json")],
    body: """
      {"signature":{"timestamp":"1795253400","token":"c6f1f8b0a1d24a3b9c5d7e8f90a1b2c3",\
      "signature":"5637dc18eaf3133a1cbe72b053b369946989fac5d052430266ad4017e759eebb"},\
      "event-data":{"event":"failed","severity":"permanent","reason":"bounce","id":"e-1",\
      "timestamp":1795253390.4,"recipient":"ada@example.com"}}
      """)

  static let postmarkKey = "postmark:password-of-postmark"

  static let postmark = HookVector(
    path: "/hooks/postmark",
    headers: [("Authorization", "Basic cG9zdG1hcms6cGFzc3dvcmQtb2YtcG9zdG1hcms=")],
    body: """
      {"RecordType":"Bounce","ID":42,"Type":"HardBounce","Email":"ada@example.com"}
      """)

  static let topic = "arn:aws:sns:us-east-1:123456789012:bounces"
  static let certificateURL =
    "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0a1b2c.pem"

  static let ses = HookVector(
    path: "/hooks/ses", headers: [("Content-Type", "text/plain; charset=UTF-8")],
    body: #"""
      {"Type":"Notification","MessageId":"22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",\#
      "TopicArn":"arn:aws:sns:us-east-1:123456789012:bounces",\#
      "Message":"{\"eventType\":\"Bounce\",\"bounce\":{\"bounceT\#
      ype\":\"Permanent\",\"feedbackId\":\"f-1\",\"bouncedRecipients\":[{\"emailAddress\":\\#
      "ada@example.com\"}]}}",\#
      "Timestamp":"2026-11-21T09:30:00.000Z","SignatureVersion":"2","SigningCertURL":\#
      "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0a1b2c.pem","Signature":"\#
      Xbn2yyLQO3nZzA+mWAUfLLVqJfMTARe1PouUc5lPwQKhVLNYeXEnG1q7hd26HEpxwUDXyMhKuZqzXP99VitxrPrw\#
      8gom0p2sDFAfqHgTrf6udI9m9XpCaNeJ/OPlqqYJlvYeEVipwhawnp3itqAhUjMnl38hXbmb+TyQxJgVByjh5DTK\#
      xhIC37HXMsaeZ+QyQDuuwCKTuNFf9grWxkOquc9L7wiFa3F/HM6qQQBzL5r6Po3rlaJ2Hiz9dFOrMgXWqQ7Ancku\#
      WyNjjv9BroiEwInlOIjcGrhTT7BQDtlpYKEhmQ/Ol98qMwNYFYg5pvprtkZnRZXWOvOwLiJmEXZVGA=="}
      """#)

  /// Self-signed, for the year 2026.
  static let certificate = """
    -----BEGIN CERTIFICATE-----
    MIICrTCCAZUCAhAAMA0GCSqGSIb3DQEBCwUAMBwxGjAYBgNVBAMMEXNucy5hbWF6
    b25hd3MuY29tMB4XDTI2MDEwMTAwMDAwMFoXDTI3MDEwMTAwMDAwMFowHDEaMBgG
    A1UEAwwRc25zLmFtYXpvbmF3cy5jb20wggEiMA0GCSqGSIb3DQEBAQUAA4IBDwAw
    ggEKAoIBAQC52tK+056DnFEOwVD49/H+LQmFohvZWpDLnogMyQu/4lcoHHXJDtuB
    0dFglnwBb8eRO3kaOBWd48nkiYdnUdGrwknZs8ATgQfD6kg1/wI58p+Lv5A5Crro
    wvyLVRXZixQL3ZauHjaK7H9JBoj6Bb/6x5372fDBagy4UsGSJGON2gxezYNGSMeY
    DRjAov9Y9DFBRBUbK4Aw/vECE2In8JSJWwiM65R/XMnhkiClxTYhbZOvPNRjy0lz
    eqFEDMKiH8E6tbP1lQGPQmIhRcpWR/ZTqmfKxTK4qecO+EKjcTc3R/0VbZeSiGH1
    E/JwJ+XdFvbw4ZPLISusbz7oJRWgCsDtAgMBAAEwDQYJKoZIhvcNAQELBQADggEB
    AByXYjiOKUVMAzAGu80kED9+CKcRdn7R1lVkYdgIKltUFkz7UCWxZyNKMlsGbtf8
    WEb5/IIWOE3Q/7dz0QGeq0cu5rkB2Dnjt3pRzuHMJksmiWZiDpeLzKV7lhvqiurL
    G4639sZLMcOMUnk8HPYgMfomyvZJAjYWUkyzwyOs13ygTSaNxyR80fBrrSdUPsTi
    txhzgfi8NEn/hybHFPe9Pm2K7MtniYnYQ+JT2ikYOFFk60Fs4lLCINKzUnlmzmXH
    Ud6p3p0aZluM2XbBIpWHXL8piIYYnE1AINeeB7YdgSmfwi7P5cvWl5NKq67IGKr1
    DumGEZ86BMt+z8IZ9h/JPus=
    -----END CERTIFICATE-----

    """
}
