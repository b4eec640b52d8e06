import time

import requests


def send(address):
    time.sleep(1)


def ask(address):
    return requests.get(address)  # the library, not the file beside this one
