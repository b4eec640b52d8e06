import time

import uvicorn
from fastapi import FastAPI

app = FastAPI()
time.sleep(1)


@app.get("/")
async def root():
    return {}


async def main():
    time.sleep(1)


if __name__ == "__main__":
    import asyncio

    asyncio.run(main())
    time.sleep(1)
    uvicorn.run(app)
