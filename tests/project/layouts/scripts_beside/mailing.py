import time


def send(address):
    time.sleep(1)
