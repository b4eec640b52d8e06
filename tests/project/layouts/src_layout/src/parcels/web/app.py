from fastapi import FastAPI

from parcels.tracking import trace

app = FastAPI()


@app.get("/trace/{host}")
async def read_trace(host: str):
    return trace(host)  # blocks: subprocess.check_output
