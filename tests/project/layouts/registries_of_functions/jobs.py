import time

import requests

TASKS = {}
CHECKS = []
_HANDLERS = {}


def task(name):
    def register(function):
        TASKS[name] = function
        return function

    return register


def check(function):
    CHECKS.append(function)
    return function


@task("report")
def report():
    return requests.get("https://report.example")


@task("quick")
def quick():
    return 1


@check
def disk():
    time.sleep(1)


def export_csv():
    time.sleep(1)


def export_pdf():
    return requests.get("https://pdf.example")


def export_text():
    return "text"


EXPORTERS = {"csv": export_csv, "pdf": export_pdf, "text": export_text}
STEPS = [export_text, export_csv]
_HANDLERS["pdf"] = export_pdf


def handle(kind):
    return _HANDLERS[kind]()


class Exporter:
    def __init__(self):
        self.by_kind = {"csv": self.csv, "text": self.text}

    def csv(self):
        time.sleep(1)

    def text(self):
        return ""

    def export(self, kind):
        return self.by_kind[kind]()
