import requests


class Storage:
    @classmethod
    def purge(cls):
        requests.delete("https://storage.example")

    def read(self, key):
        return requests.get(f"https://storage.example/{key}")


class Mailer:
    @staticmethod
    def send(text):
        requests.post("https://mail.example", data=text)


class Registry:
    storage = Storage()
    mailer: Mailer = Mailer()
    storage_class = Storage
    by_name = {"mail": mailer}


class Tables:
    Users = Storage()
