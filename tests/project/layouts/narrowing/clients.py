import requests


class Client:
    def get(self):
        return requests.get("https://example.org")


class Careful(Client):
    def get(self):
        return None


class Awaiting:
    async def get(self):
        return None


class Remote(Client):
    pass
