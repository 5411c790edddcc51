from starlette.testclient import TestClient

from .handler import app


def test_it_greets():
    assert TestClient(app).post("/", content="you").text == "Hello, you!"
