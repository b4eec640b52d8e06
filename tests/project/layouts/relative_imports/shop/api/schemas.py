from pydantic import BaseModel


class Item(BaseModel):
    name: str


def url_of(item_id):
    return f"https://items.example/{item_id}"
