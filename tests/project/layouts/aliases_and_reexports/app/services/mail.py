from smtplib import SMTP as Connection


def send_mail(address):
    with Connection("mail.example") as connection:
        connection.sendmail("shop@example.com", address, "hello")
