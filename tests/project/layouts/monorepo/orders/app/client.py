import requests


def load(key):
    return requests.get(f"https://orders.example/{key}")
