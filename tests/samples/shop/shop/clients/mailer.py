"""Sending mail."""

import smtplib
from email.message import EmailMessage
from types import TracebackType

from shop.settings import Settings, get_settings


class Mailer:
    """A connection to the mail server, opened when it is created."""

    def __init__(self, settings: Settings) -> None:
        self.sender = settings.mail_from
        self.connection = smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=3)

    def send(self, recipient: str, subject: str, text: str) -> None:
        self.connection.send_message(compose(self.sender, recipient, subject, text))

    def close(self) -> None:
        self.connection.quit()

    def __enter__(self) -> "Mailer":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def compose(sender: str, recipient: str, subject: str, text: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = sender
    message["To"] = recipient
    message["Subject"] = subject
    message.set_content(text)
    return message


def send_mail(recipient: str, subject: str, text: str) -> bool:
    settings = get_settings()
    if not settings.send_mail:
        return False
    with Mailer(settings) as mailer:
        mailer.send(recipient, subject, text)
    return True
