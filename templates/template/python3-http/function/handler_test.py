from types import SimpleNamespace

from .handler import handle


def test_it_greets():
    answer = handle(SimpleNamespace(text="you"), None)
    assert answer["body"] == "Hello, you!"
