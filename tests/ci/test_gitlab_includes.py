"""Every example is fetched the way it says: from this repository, a project, a server, a component."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest

from tests.ci.gitlab import COMPONENT, EXAMPLES, TEMPLATE, TEMPLATES, Repository, needed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SERVED = "https://git.example.com/pytest-frictionless/v0.1.0/ci-templates/"


@pytest.fixture
def server(tmp_path: Path) -> dict[str, str]:
    """Settings of git by which projects of gitlab.example.com are repositories of this machine."""
    needed()
    for name, root in {"frictionless": COMPONENT, "ci-templates": TEMPLATES}.items():
        project = Repository(tmp_path / "platform" / f"{name}.git", path=f"platform/{name}")
        for file in (each for each in root.rglob("*") if each.is_file()):
            project.write(file.relative_to(root).as_posix(), file.read_bytes())
        project.commit()
        for tag in ("0.1.0", "v0.1.0"):
            project.git("tag", tag)
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.file://{tmp_path}/.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://gitlab.example.com:443/",
    }


@pytest.fixture
def proxy() -> Iterator[str]:
    """A proxy that has what was released, and nothing else."""

    class Released(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            file = TEMPLATES / self.path.removeprefix(SERVED)
            found = self.path.startswith(SERVED) and file == TEMPLATE
            self.send_response(200 if found else 404)
            self.end_headers()
            self.wfile.write(file.read_bytes() if found else b"")

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Released) as served:
        threading.Thread(target=served.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{served.server_port}"
        served.shutdown()


@pytest.fixture
def consumer(tmp_path: Path) -> Repository:
    needed()
    return Repository(tmp_path / "consumer")


def test_local(consumer: Repository) -> None:
    consumer.example("local")
    consumer.commit()
    assert consumer.preview()["frictionless"]["parallel"] == 3


def test_project(consumer: Repository, server: dict[str, str]) -> None:
    consumer.write(".gitlab-ci.yml", (EXAMPLES / "project" / ".gitlab-ci.yml").read_bytes())
    consumer.commit()
    variables = consumer.preview(environment=server)["frictionless"]["variables"]
    assert variables["PYTEST_ADDOPTS"] == '-m "frictionless_load or frictionless_opset"'


def test_remote(consumer: Repository, proxy: str) -> None:
    consumer.write(".gitlab-ci.yml", (EXAMPLES / "remote" / ".gitlab-ci.yml").read_bytes())
    consumer.commit()
    merged = consumer.preview(environment={"HTTPS_PROXY": proxy})
    assert merged["frictionless"]["variables"]["FRICTIONLESS_FOLDER"] == "services/vision"
    assert merged["frictionless"]["cache"][1]["paths"] == ["services/vision/.frictionless/cache/"]


def test_remote_that_is_not_there(consumer: Repository, proxy: str) -> None:
    text = (EXAMPLES / "remote" / ".gitlab-ci.yml").read_text()
    consumer.write(".gitlab-ci.yml", text.replace("v0.1.0", "v9.9.9"))
    consumer.commit()
    ended = consumer.call("--preview", environment={"HTTPS_PROXY": proxy})
    assert ended.code != 0
    assert "could not be fetched" in ended.text


def test_component_judges_what_a_merge_request_changes(
    consumer: Repository, server: dict[str, str]
) -> None:
    consumer.write(".gitlab-ci.yml", (EXAMPLES / "component" / ".gitlab-ci.yml").read_bytes())
    consumer.write("frictionless.yaml", "roots: [models]\n")
    consumer.onnx("models/a.onnx")
    consumer.onnx("models/b.onnx")
    base = consumer.commit()
    consumer.onnx("models/b.onnx", "g (float[batch, 8] x) => (float[batch, 8] y) { y = Abs(x) }")
    consumer.commit()
    ended = consumer.run(
        environment=server,
        event={
            "CI_PIPELINE_SOURCE": "merge_request_event", "CI_COMMIT_BRANCH": "",
            "CI_MERGE_REQUEST_DIFF_BASE_SHA": base,
        },
    )  # fmt: skip
    assert ended.outcomes == {"frictionless: [1/1]": "PASS", "frictionless-report": "PASS"}
    found = consumer.json("frictionless-report/results.json")["checkpoints"]
    assert [each["path"] for each in found] == ["models/b.onnx"]
