import requests


class Client:
    def get(self, url):
        return requests.get(url)


def get_json(url):
    return Client().get(url).json()
