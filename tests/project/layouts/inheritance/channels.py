import abc
import smtplib

import requests


class Channel(abc.ABC):
    name = "channel"

    def send(self, text: str) -> None:
        self.prepare(text)
        self.deliver(text)

    def prepare(self, text: str) -> None:
        """Nothing to prepare."""

    @abc.abstractmethod
    def deliver(self, text: str) -> None:
        """Hand the text over."""

    @property
    @abc.abstractmethod
    def queue_length(self) -> int: ...


class Mail(Channel):
    def deliver(self, text: str) -> None:
        smtplib.SMTP("mail.example")

    @property
    def queue_length(self) -> int:
        return requests.get("https://mail.example/length").json()


class Log(Channel):
    def deliver(self, text: str) -> None:
        self.last = text

    @property
    def queue_length(self) -> int:
        return 0


class Signed(Mail):
    def deliver(self, text: str) -> None:
        super().deliver(text + "--")

    def withdraw(self):
        return super(Signed, self).queue_length


class Base:
    def fetch(self):
        raise NotImplementedError

    async def refresh(self):
        return self.fetch()  # blocks: requests.get


class Rates(Base):
    def fetch(self):
        return requests.get("https://rates.example")
