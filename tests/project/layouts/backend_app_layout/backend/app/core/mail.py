import smtplib


def send(address):
    smtplib.SMTP("mail.example").sendmail("a@example.com", address, "hello")
