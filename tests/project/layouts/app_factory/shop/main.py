from shop.factory import create_app

app = create_app()


@app.get("/version")
def version():
    return "1"
