"""A mail that is not Rekey's, for what is tested by itself."""

from email.message import EmailMessage

SENDER = "no-reply@shop.example.test"


def mail_for(address: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = SENDER, address, "Hello"
    message["Date"], message["Message-ID"] = "Tue, 07 Jan 2025 10:00:00 +0000", "<1@example.test>"
    message.set_content("Good day.\n")
    return message
