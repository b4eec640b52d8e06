from models import User
from registry import injected
from sqlalchemy.orm import Session


def users(db):
    return db.query(User).all()


def orders(db, limit):
    return db.query(User).limit(limit).all()


def outer(session):
    return middle(session)


def middle(session):
    return session.query(User).all()


def optional(db=None):
    return db.query(User).all() if db else []


def either(db):
    return db.query(User).all()


def literal(db):
    return db.query(User).all()


def walk(db, depth):
    if depth:
        return walk(db, depth - 1)
    return db.query(User).all()


def ping(db, count):
    return pong(db, count - 1) if count else db.query(User).all()


def pong(db, count):
    return ping(db, count - 1)


@injected
def decorated(db):
    return db.query(User).all()


def rebound(db):
    db = db.unknown
    return db.query(User).all()


def spread(db):
    return db.query(User).all()


class Store:
    def load(self, db):
        return db.query(User).all()

    def shifted(self, db):
        return db.query(User).all()

    @classmethod
    def made(cls, db):
        return db.query(User).all()


class Other:
    def users(self, http):
        return [http]


class Holder:
    def __init__(self, db: Session):
        self.db = db


def of_holder(holder):
    return holder.db.query(User).all()
