import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import requests


class Reports:
    def fetch(self):
        time.sleep(1)

    def count(self):
        return 1


class Users:
    def fetch(self):
        return []
