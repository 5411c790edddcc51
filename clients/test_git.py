"""git over its smart HTTP: `git http-backend` as the function, by CGI (cgi_env=rfc3875, cgi_response). Clone, push and fetch, small and large."""

import os
import subprocess

import pytest

from conftest import find

MODES = ["classic", "serializing", "streaming"]


def git(*words, folder=None, fails=False):
    quiet = {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_AUTHOR_NAME": "A",
        "GIT_AUTHOR_EMAIL": "a@example.org",
        "GIT_COMMITTER_NAME": "A",
        "GIT_COMMITTER_EMAIL": "a@example.org",
    }
    done = subprocess.run(["git", *words], cwd=folder, env=quiet, capture_output=True, text=True, timeout=60)
    assert (done.returncode != 0) == fails, f"git {' '.join(map(str, words))}: {done.stdout}{done.stderr}"
    return (done.stdout + done.stderr if fails else done.stdout).strip()


def commit(folder, name, content):
    (folder / name).write_bytes(content)
    git("add", name, folder=folder)
    git("commit", "-q", "-m", f"add {name}", folder=folder)


@pytest.fixture
def origin(tmp_path):
    bare = tmp_path / "root/project.git"
    git("init", "-q", "--bare", "-b", "main", bare)
    git("config", "http.receivepack", "true", folder=bare)
    return bare


@pytest.fixture(params=MODES)
def server(request, watchdog, origin):
    return watchdog(
        mode=request.param,
        fprocess=find("git-http-backend"),
        cgi_env="rfc3875",
        cgi_response="true",
        combine_output="false",
        GIT_PROJECT_ROOT=origin.parent,
        GIT_HTTP_EXPORT_ALL="1",
        HOME="/nonexistent",
    )


@pytest.fixture
def work(server, tmp_path):
    git("clone", "-q", f"{server.url}/project.git", tmp_path / "work")
    commit(tmp_path / "work", "first", b"one\n")
    git("push", "-q", "origin", "HEAD:main", folder=tmp_path / "work")
    return tmp_path / "work"


def head(folder, name="HEAD"):
    return git("rev-parse", name, folder=folder)


def check_same(work, origin):
    assert head(work) == head(origin, "main")
    git("fsck", "--strict", folder=origin)


def test_push_and_clone(server, origin, work, tmp_path):
    check_same(work, origin)
    git("clone", "-q", f"{server.url}/project.git", tmp_path / "second")
    assert (tmp_path / "second/first").read_bytes() == b"one\n"


# Above http.postBuffer (1 MiB) git sends chunks and no length, after a probe that it may; its questions it compresses.
def test_large_push_and_fetch(server, origin, work, tmp_path):
    git("clone", "-q", f"{server.url}/project.git", tmp_path / "second")
    for number in range(40):
        commit(work, f"file{number}", os.urandom(100_000))
    git("push", "-q", "origin", "HEAD:main", folder=work)
    check_same(work, origin)
    git("pull", "-q", "--ff-only", "origin", "main", folder=tmp_path / "second")
    assert head(tmp_path / "second") == head(work)
    git("fsck", "--strict", folder=tmp_path / "second")


@pytest.mark.parametrize("version", ["0", "1", "2"])
@pytest.mark.parametrize("http", ["HTTP/1.1", "HTTP/2"])
def test_versions(server, origin, work, tmp_path, version, http):
    at = tmp_path / "copy"
    git("-c", f"protocol.version={version}", "-c", f"http.version={http}", "clone", "-q", f"{server.url}/project.git", at)
    assert head(at) == head(work)


def test_shallow_clone(server, origin, work, tmp_path):
    commit(work, "second", b"two\n")
    git("push", "-q", "origin", "HEAD:main", folder=work)
    git("clone", "-q", "--depth", "1", f"{server.url}/project.git", tmp_path / "shallow")
    assert git("rev-list", "--count", "HEAD", folder=tmp_path / "shallow") == "1"


# What the backend refuses by a Status: field reaches git as that status.
def test_refusals(server, origin, work, tmp_path):
    assert "not found" in git("clone", "-q", f"{server.url}/nonesuch.git", tmp_path / "none", fails=True)
    git("config", "http.receivepack", "false", folder=origin)
    commit(work, "second", b"two\n")
    assert "403" in git("push", "-q", "origin", "HEAD:main", folder=work, fails=True)


def test_no_request_was_counted_as_broken_off(server, origin, work):
    assert set(server.counted()) == {"200"}
