import requests
from dependency_injector import containers, providers
from dependency_injector.wiring import Provide, inject
from fastapi import Depends, FastAPI


class Client:
    def get(self):
        return requests.get("https://client.example")


class Service:
    def __init__(self, client: Client):
        self.client = client

    def run(self):
        return self.client.get()


class Container(containers.DeclarativeContainer):
    client = providers.Singleton(Client)
    service = providers.Factory(Service, client=client)


container = Container()
app = FastAPI()


@app.get("/annotated")
@inject
async def annotated(service: Service = Depends(Provide[Container.service])):
    return service.run()  # blocks: requests.get


@app.get("/plain")
@inject
async def plain(service=Depends(Provide[Container.service])):
    return service.run()  # blocks: requests.get


@app.get("/container")
async def from_container():
    container.client().get()  # blocks: requests.get
    return container.service().run()  # blocks: requests.get
