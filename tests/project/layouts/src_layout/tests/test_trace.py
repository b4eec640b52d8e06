import time

from parcels.web import app


@app.get("/only-in-tests")
async def only_in_tests():
    time.sleep(1)
