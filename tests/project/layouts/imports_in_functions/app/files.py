def read_page(name):
    from pathlib import Path

    return Path("pages", name).read_text()


def resize(data):
    import io

    from PIL import Image

    return Image.open(io.BytesIO(data))
