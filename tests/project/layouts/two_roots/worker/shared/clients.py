import requests


def load():
    return requests.get("https://worker.example")
