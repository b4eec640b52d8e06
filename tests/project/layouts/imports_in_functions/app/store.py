import sqlite3


class Store:
    def count(self):
        with sqlite3.connect("shop.db") as connection:
            return connection.execute("select count(*) from items").fetchone()


def open_store() -> Store:
    return Store()
