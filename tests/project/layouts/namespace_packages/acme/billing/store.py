import sqlite3


def open_store():
    return sqlite3.connect("billing.db")
