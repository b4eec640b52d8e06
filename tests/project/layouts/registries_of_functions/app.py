import jobs
from fastapi import FastAPI

app = FastAPI()


@app.post("/tasks/{name}")
async def run_task(name: str):
    return jobs.TASKS[name]()  # blocks: requests.get


@app.get("/checks")
async def run_checks():
    for check in jobs.CHECKS:
        check()  # blocks: time.sleep


@app.get("/export/{kind}")
async def export(kind: str):
    exporter = jobs.EXPORTERS.get(kind)
    return exporter()  # blocks: LAG102


@app.get("/export/text")
async def export_text():
    return jobs.EXPORTERS["text"]()


@app.get("/steps")
async def steps():
    for step in jobs.STEPS:
        step()  # blocks: time.sleep


@app.get("/handle/{kind}")
async def handle(kind: str):
    return jobs.handle(kind)  # blocks: requests.get


@app.get("/exporter/{kind}")
async def by_instance(kind: str):
    return jobs.Exporter().export(kind)  # blocks: time.sleep


@app.get("/match/{kind}")
async def by_match(kind: str):
    match kind:
        case "csv":
            return jobs.export_csv()  # blocks: time.sleep
        case "pdf" | "print" if kind:
            job = jobs.export_pdf
        case other:
            job = jobs.export_text
    return job()
