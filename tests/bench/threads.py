"""Measures whether a thread is of use: for how long the event loop stands still while one computes.

    python tests/bench/threads.py [WORD ...]

Runs each computation (those whose name has one of the words) by `asyncio.to_thread` while a coroutine wakes up every
millisecond, and prints how long the computation took and the longest time for which that coroutine was not woken.
What never lets go of the interpreter lock holds the loop for all of its time, in a thread as well. A computation
whose library is not installed is left out; nothing is installed here, so run it in an environment that has them.
"""

from __future__ import annotations

import asyncio
import csv
import gzip
import hashlib
import importlib
import io
import json
import pickle
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Iterator

Work = Callable[[], object]
ROWS = 60_000
REPEATS = 3


def main() -> None:
    """Print a table of the computations that were asked for."""
    warnings.simplefilter("ignore")
    wanted = sys.argv[1:]
    print("| computation | ms | longest stop of the loop, ms | share |")
    print("| --- | ---: | ---: | ---: |")
    for name, work in _works():
        if wanted and not any(word in name for word in wanted):
            continue
        taken, stopped = _median(work)
        print(
            f"| {name} | {taken:.0f} | {stopped:.0f} | {min(stopped / taken, 1):.0%} |", flush=True
        )


def _median(work: Work) -> tuple[float, float]:
    runs = [asyncio.run(_stopped(work)) for _ in range(REPEATS)]
    return statistics.median(one for one, _ in runs), statistics.median(one for _, one in runs)


async def _stopped(work: Work) -> tuple[float, float]:
    """Milliseconds that `work` takes in a thread, and the longest stop of the loop meanwhile."""
    longest = 0.0

    async def wake_up() -> None:
        nonlocal longest
        before = time.perf_counter()
        while True:
            await asyncio.sleep(0.001)
            now = time.perf_counter()
            longest = max(longest, now - before - 0.001)
            before = now

    task = asyncio.create_task(wake_up())
    await asyncio.sleep(0.02)
    longest = 0.0
    start = time.perf_counter()
    await asyncio.to_thread(work)
    taken = time.perf_counter() - start
    await asyncio.sleep(0.005)
    task.cancel()
    return taken * 1000, longest * 1000


def _works() -> Iterator[tuple[str, Work]]:
    """Each computation that can be made here, with input that takes it some 100 ms or more."""
    for make in _MAKERS:
        try:
            yield from make()
        except ImportError as error:
            print(f"left out: {error}", file=sys.stderr)


def _records() -> list[dict[str, object]]:
    return [
        {"id": number, "name": f"name {number}", "tags": ["a", "b"], "price": number * 1.5}
        for number in range(ROWS)
    ]


def _standard_library() -> Iterator[tuple[str, Work]]:
    records = _records()
    text = json.dumps(records)
    raw = text.encode() * 3
    packed = pickle.dumps(records)
    lines = [[str(record["id"]), str(record["name"])] for record in records] * 3
    zipped = gzip.compress(raw, 1)
    yield "json.loads", lambda: json.loads(text)
    yield "json.dumps", lambda: json.dumps(records)
    yield "pickle.loads", lambda: pickle.loads(packed)
    yield "pickle.dumps", lambda: pickle.dumps(records)
    yield "csv.writer.writerows", lambda: csv.writer(io.StringIO()).writerows(lines)
    yield "gzip.compress", lambda: gzip.compress(raw)
    yield "gzip.decompress", lambda: [gzip.decompress(zipped) for _ in range(5)]
    yield "hashlib.pbkdf2_hmac", lambda: hashlib.pbkdf2_hmac("sha256", b"p", b"s", 300_000)
    yield "hashlib.scrypt", lambda: hashlib.scrypt(b"p", salt=b"s" * 16, n=2**14, r=8, p=2)


def _passwords() -> Iterator[tuple[str, Work]]:
    bcrypt = importlib.import_module("bcrypt")
    salt = bcrypt.gensalt()
    yield "bcrypt.hashpw", lambda: bcrypt.hashpw(b"password", salt)
    argon2 = importlib.import_module("argon2")
    yield "argon2.PasswordHasher.hash", lambda: argon2.PasswordHasher().hash("password")


def _cryptography() -> Iterator[tuple[str, Work]]:
    hashes = importlib.import_module("cryptography.hazmat.primitives.hashes")
    derive = importlib.import_module("cryptography.hazmat.primitives.kdf.pbkdf2").PBKDF2HMAC
    rsa = importlib.import_module("cryptography.hazmat.primitives.asymmetric.rsa")
    yield (
        "cryptography PBKDF2HMAC.derive",
        lambda: derive(hashes.SHA256(), 32, b"s" * 16, 300_000).derive(b"password"),
    )
    yield "cryptography rsa.generate_private_key", lambda: rsa.generate_private_key(65537, 3072)


def _images() -> Iterator[tuple[str, Work]]:
    image = importlib.import_module("PIL.Image")
    picture = image.effect_noise((3000, 2000), 80).convert("RGB")
    written = io.BytesIO()
    picture.save(written, "JPEG")
    yield "PIL.Image.Image.resize", lambda: picture.resize((1500, 1000))
    yield "PIL.Image.Image.save (PNG)", lambda: picture.save(io.BytesIO(), "PNG")
    yield (
        "PIL.Image.Image.thumbnail",
        lambda: image.open(io.BytesIO(written.getvalue())).thumbnail((200, 200)),
    )
    cv2 = importlib.import_module("cv2")
    numpy = importlib.import_module("numpy")
    pixels = numpy.array(picture)
    yield "cv2.GaussianBlur", lambda: [cv2.GaussianBlur(pixels, (31, 31), 0) for _ in range(3)]
    yield "cv2.imencode", lambda: cv2.imencode(".png", pixels)


def _numbers() -> Iterator[tuple[str, Work]]:
    numpy = importlib.import_module("numpy")
    matrix = numpy.random.default_rng(1).random((900, 900))
    yield "numpy.linalg.svd", lambda: numpy.linalg.svd(matrix)
    ensemble = importlib.import_module("sklearn.ensemble")
    forest = ensemble.RandomForestRegressor(20, random_state=1)
    yield "sklearn RandomForestRegressor.fit", lambda: forest.fit(matrix[:, 1:20], matrix[:, 0])


def _frames() -> Iterator[tuple[str, Work]]:
    pandas = importlib.import_module("pandas")
    frame = pandas.DataFrame(_records() * 3)
    text = frame.to_csv()
    keyed = frame[["id", "name"]]
    sheet = io.BytesIO()
    keyed.head(2000).to_excel(sheet)
    yield "pandas.read_csv", lambda: pandas.read_csv(io.StringIO(text))
    yield "pandas.read_excel", lambda: pandas.read_excel(io.BytesIO(sheet.getvalue()))
    yield "pandas.merge", lambda: pandas.merge(keyed, keyed, on="name")
    yield "pandas.DataFrame.to_csv", lambda: frame.to_csv()
    yield "pandas.DataFrame.to_dict", lambda: frame.to_dict("records")
    yield "pandas.DataFrame.to_json", lambda: frame.to_json()
    yield "pandas.DataFrame.apply", lambda: keyed.apply(lambda row: row["id"] + 1, axis=1)
    yield "pandas.DataFrame.groupby.agg", lambda: frame.groupby("name").agg({"price": "sum"})
    yield "pandas.json_normalize", lambda: pandas.json_normalize(_records())
    polars = importlib.import_module("polars")
    table = polars.from_pandas(keyed)
    yield "polars.DataFrame.to_dicts", lambda: table.to_dicts()
    yield "polars.DataFrame.join", lambda: [table.join(table, on="name") for _ in range(5)]


def _markup() -> Iterator[tuple[str, Work]]:
    page = "<html><body>" + "<div><p class='a'>text <b>bold</b></p></div>" * 8000 + "</body></html>"
    bs4 = importlib.import_module("bs4")
    yield "bs4.BeautifulSoup", lambda: bs4.BeautifulSoup(page, "html.parser")
    etree = importlib.import_module("lxml.etree")
    long = "<r>" + "<a><b>text</b></a>" * 400_000 + "</r>"
    yield "lxml.etree.fromstring", lambda: etree.fromstring(long)
    tree = etree.fromstring(long)
    yield "lxml.etree.tostring", lambda: etree.tostring(tree)
    markdown = importlib.import_module("markdown")
    yield "markdown.markdown", lambda: markdown.markdown("# a\n\nsome *text* here\n\n" * 500)
    jinja2 = importlib.import_module("jinja2")
    template = jinja2.Template("{% for r in rows %}<td>{{ r.name }}</td>{% endfor %}")
    rows = _records() * 3
    yield "jinja2.Template.render", lambda: template.render(rows=rows)


def _documents() -> Iterator[tuple[str, Work]]:
    canvas = importlib.import_module("reportlab.pdfgen.canvas")

    def draw() -> bytes:
        written = io.BytesIO()
        page = canvas.Canvas(written)
        for number in range(200):
            for line in range(50):
                page.drawString(50, 50 + line * 14, f"line {line} of page {number}")
            page.showPage()
        page.save()
        return written.getvalue()

    paper = draw()
    yield "reportlab Canvas", draw
    pymupdf = importlib.import_module("pymupdf")
    yield (
        "pymupdf Page.get_text",
        lambda: [page.get_text() for page in pymupdf.open(stream=paper, filetype="pdf")],
    )
    yield (
        "pymupdf Page.get_pixmap",
        lambda: [page.get_pixmap(dpi=300) for page in pymupdf.open(stream=paper)[:8]],
    )
    pdfium = importlib.import_module("pypdfium2")
    yield (
        "pypdfium2 PdfPage.render",
        lambda: [page.render(scale=4) for page in list(pdfium.PdfDocument(paper))[:8]],
    )
    pypdf = importlib.import_module("pypdf")
    yield (
        "pypdf extract_text",
        lambda: [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(paper)).pages[:60]],
    )
    openpyxl = importlib.import_module("openpyxl")

    def book() -> bytes:
        made = openpyxl.Workbook()
        for record in range(3000):
            made.active.append([record, "name", 1.5])
        written = io.BytesIO()
        made.save(written)
        return written.getvalue()

    yield "openpyxl Workbook.save", book


def _tokens() -> Iterator[tuple[str, Work]]:
    zxcvbn = importlib.import_module("zxcvbn").zxcvbn
    yield "zxcvbn.zxcvbn", lambda: zxcvbn("correct horse battery staple and more words 1987")
    orjson = importlib.import_module("orjson")
    raw = json.dumps(_records() * 4).encode()
    yield "orjson.loads", lambda: orjson.loads(raw)
    detect = importlib.import_module("charset_normalizer").from_bytes
    yield "charset_normalizer.from_bytes", lambda: detect("héllo wörld ".encode("cp1252") * 40_000)


_MAKERS = (
    _standard_library,
    _passwords,
    _cryptography,
    _images,
    _numbers,
    _frames,
    _markup,
    _documents,
    _tokens,
)

if __name__ == "__main__":
    main()
