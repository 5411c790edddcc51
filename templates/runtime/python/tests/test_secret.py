import pytest

from function_runtime import secret


def test_a_secret_is_read_without_its_last_newline(tmp_path, monkeypatch):
    monkeypatch.setenv("secret_mount_path", str(tmp_path))
    (tmp_path / "api-key").write_text("s3cret \n\n")
    assert secret("api-key") == "s3cret \n"
    with pytest.raises(LookupError, match="'other' is not mounted at"):
        secret("other")


@pytest.mark.parametrize("name", ["", "../passwd", "a/b", ".hidden"])
def test_a_name_leads_nowhere_else(name):
    with pytest.raises(ValueError, match="secret"):
        secret(name)
