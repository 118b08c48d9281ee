"""Which items there are, what they are called, and how they are selected."""

from __future__ import annotations

import pytest
from tests.project import CHECKS, DET, MLP, Project

TWO_PROFILES = """
models:
  net:
    path: models/a.onnx
    profiles:
      online: {batch: [1, 1, 4]}
      offline: {batch: [8, 16, 32]}
"""


CELLS = [f"{name}-{point}" for name in ("online", "offline") for point in ("min", "opt", "max")]


def test_ids_without_configuration_name_check_profile_and_point(shop_floor: Project) -> None:
    outcome = shop_floor.run("models")
    assert outcome.ids == [f"models/{name}.onnx::{check}" for name in "ab" for check in CHECKS]
    assert outcome.failed() == []
    assert outcome.code == 0


def test_ids_with_profiles_follow_the_order_of_the_configuration(project: Project) -> None:
    project.onnx("models/a.onnx")
    project.write("frictionless.yaml", TWO_PROFILES)
    outcome = project.run("models")
    assert outcome.ids == [
        "models/a.onnx::load",
        "models/a.onnx::export",
        "models/a.onnx::opset",
        "models/a.onnx::graph",
        "models/a.onnx::operators",
        "models/a.onnx::dynamic-online",
        "models/a.onnx::dynamic-offline",
        "models/a.onnx::parity-online-min",
        "models/a.onnx::parity-online-opt",
        "models/a.onnx::parity-online-max",
        "models/a.onnx::parity-offline-min",
        "models/a.onnx::parity-offline-opt",
        "models/a.onnx::parity-offline-max",
        "models/a.onnx::build-online",
        "models/a.onnx::build-offline",
        *(f"models/a.onnx::run-{cell}" for cell in CELLS),
        *(f"models/a.onnx::latency-{cell}" for cell in CELLS),
        "models/a.onnx::memory-online",
        "models/a.onnx::memory-offline",
        "models/a.onnx::cliffs-online",
        "models/a.onnx::cliffs-offline",
        "models/a.onnx::manifest",
    ]
    assert outcome.failed() == []
    assert outcome["models/a.onnx::build-offline"].values("profiles") == [2]
    assert outcome["models/a.onnx::parity-online-max"].values("sizes") == [{"batch": 4}]


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["-k", "load"], ["a::load", "b::load"]),
        (["-k", "a.onnx and parity and max"], ["a::parity-default-max"]),
        (["-m", "frictionless_build"], ["a::build-default", "b::build-default"]),
        (["-m", "frictionless and not frictionless_load", "-k", "b.onnx and opset"], ["b::opset"]),
    ],
)
def test_selection_by_keyword_and_marker_runs_these_alone(
    shop_floor: Project, arguments: list[str], wanted: list[str]
) -> None:
    found = shop_floor.collect("models", "--strict-markers", *arguments)
    assert [name.replace("models/", "").replace(".onnx", "") for name in found] == wanted


def test_markers_option_lists_every_check_with_its_question(shop_floor: Project) -> None:
    text = shop_floor.run("--markers").stdout
    for check in ("load", "export", "opset", "graph", "operators", "dynamic", "parity", "build"):
        assert f"@pytest.mark.frictionless_{check}: " in text
    assert "@pytest.mark.frictionless_build: does TensorRT build one engine" in text


@pytest.mark.parametrize(
    "path", ["models/a.onnx", "models/with some space/an other.onnx", "models/ünïcode-名.onnx"]
)
def test_a_printed_id_can_be_pasted_back(project: Project, path: str) -> None:
    project.onnx(path)
    printed = project.collect("models", "-k", "parity and min")
    assert printed == [f"{path}::parity-default-min"]
    assert project.collect(*printed) == printed


def test_a_file_given_as_argument_is_collected_alone(shop_floor: Project) -> None:
    assert shop_floor.collect("models/b.onnx") == [f"models/b.onnx::{check}" for check in CHECKS]


def test_x_stops_at_the_first_failure(project: Project) -> None:
    project.onnx("models/a_det.onnx", DET)
    project.onnx("models/b.onnx")
    outcome = project.run("models", "-x")
    assert outcome.failed() == ["models/a_det.onnx::operators"]
    assert outcome.ids[-1] == "models/a_det.onnx::operators"
    assert outcome.code == 1


def test_run_from_a_subfolder_gives_the_same_ids(shop_floor: Project) -> None:
    shop_floor.write("pytest.ini", "[pytest]\n")
    shop_floor.write("frictionless.yaml", "roots: [models]\n")
    wanted = ["models/a.onnx::load", "models/b.onnx::load"]
    assert shop_floor.collect("-k", "load", cwd="models") == wanted
    assert shop_floor.run("-k", "load", cwd="models").count("passed") == 2


def test_rootdir_option_decides_where_the_configuration_is_read(project: Project) -> None:
    project.onnx("repo/models/a.onnx")
    project.write("repo/frictionless.yaml", TWO_PROFILES)
    found = project.collect("--rootdir", "repo", "repo/models", "-k", "dynamic")
    assert found == ["models/a.onnx::dynamic-online", "models/a.onnx::dynamic-offline"]
    assert (project.root / "repo/.frictionless/cache/CACHEDIR.TAG").is_file()
    assert not (project.root / ".frictionless").exists()


TESTS_ONLY = "[pytest]\ntestpaths = tests\n"


@pytest.mark.parametrize("origin", ["yaml", "ini", "command line"])
def test_roots_outside_of_testpaths_are_collected(shop_floor: Project, origin: str) -> None:
    shop_floor.write("tests/test_own.py", "def test_own(): pass\n")
    shop_floor.write("pytest.ini", TESTS_ONLY)
    arguments = ["-k", "own or load"]
    if origin == "yaml":
        shop_floor.write("frictionless.yaml", "roots: [models]\n")
    elif origin == "ini":
        shop_floor.write("pytest.ini", TESTS_ONLY + "frictionless_roots = models\n")
    else:
        arguments += ["--frictionless-roots", "models"]
    wanted = ["tests/test_own.py::test_own", "models/a.onnx::load", "models/b.onnx::load"]
    assert shop_floor.collect(*arguments) == wanted


def test_a_root_inside_the_arguments_is_collected_once(shop_floor: Project) -> None:
    shop_floor.write("frictionless.yaml", "roots: [models, models/deep]\n")
    shop_floor.onnx("models/deep/c.onnx")
    wanted = ["models/a.onnx::load", "models/b.onnx::load", "models/deep/c.onnx::load"]
    assert sorted(shop_floor.collect("-k", "load")) == wanted
    assert sorted(shop_floor.collect(".", "-k", "load")) == wanted
    shop_floor.write("pytest.ini", "[pytest]\ntestpaths = models\n")
    assert sorted(shop_floor.collect("-k", "load")) == wanted


def test_roots_keep_checkpoints_elsewhere_out(shop_floor: Project) -> None:
    shop_floor.onnx("scratch/c.onnx")
    shop_floor.write("frictionless.yaml", "roots: [models]\n")
    found = shop_floor.collect(".", "-k", "load")
    assert found == ["models/a.onnx::load", "models/b.onnx::load"]
    assert shop_floor.collect("scratch/c.onnx", "-k", "load") == ["scratch/c.onnx::load"]


def test_exclude_patterns_leave_files_out(project: Project) -> None:
    for name in ("a", "b_draft", "old/c"):
        project.onnx(f"models/{name}.onnx")
    project.write("frictionless.yaml", "exclude: ['models/*_draft.onnx', 'models/old/*']\n")
    assert project.collect("models", "-k", "load") == ["models/a.onnx::load"]


def test_a_root_that_does_not_exist_is_a_usage_error(shop_floor: Project) -> None:
    outcome = shop_floor.run("--frictionless-roots", "modles")
    assert outcome.code == pytest.ExitCode.USAGE_ERROR
    assert "modles" in outcome.stderr
    assert "does not exist" in outcome.stderr
    assert "Traceback" not in outcome.stderr + outcome.stdout


def test_a_wrong_configuration_is_a_usage_error_that_names_the_line(shop_floor: Project) -> None:
    shop_floor.write("frictionless.yaml", "roots: [models]\ntraget: {tensorrt: '10.15'}\n")
    outcome = shop_floor.run()
    assert outcome.code == pytest.ExitCode.USAGE_ERROR
    assert "frictionless.yaml:2" in outcome.stderr
    assert "target" in outcome.stderr
    assert "Traceback" not in outcome.stderr + outcome.stdout


def test_a_configured_model_that_is_not_there_is_a_usage_error(shop_floor: Project) -> None:
    shop_floor.write("frictionless.yaml", "models: {net: {path: models/c.onnx}}\n")
    outcome = shop_floor.run()
    assert outcome.code == pytest.ExitCode.USAGE_ERROR
    assert "models.net.path" in outcome.stderr
    assert "models/c.onnx" in outcome.stderr


def test_users_own_tests_conftest_and_autouse_fixtures_are_untouched(shop_floor: Project) -> None:
    shop_floor.write(
        "conftest.py",
        """
import pytest
SEEN = []
@pytest.fixture(autouse=True)
def everywhere(request):
    SEEN.append(request.node.name)
    yield
def pytest_terminal_summary(terminalreporter):
    terminalreporter.write_line(f"autouse ran for {SEEN}")
""",
    )
    shop_floor.write(
        "test_own.py",
        "import pytest\n@pytest.mark.parametrize('n', [1, 2])\ndef test_own(n): pass\n",
    )
    outcome = shop_floor.run("-k", "own or load")
    assert outcome.count("passed") == 4
    assert "autouse ran for ['test_own[1]', 'test_own[2]']" in outcome.stdout


def test_one_stem_in_two_formats_and_folders_gives_items_of_each(project: Project) -> None:
    project.onnx("models/net.onnx")
    project.onnx("models/v2/net.onnx", MLP.replace("Neg", "Abs"))
    assert sorted(project.collect("models", "-k", "parity and max")) == [
        "models/net.onnx::parity-default-max",
        "models/v2/net.onnx::parity-default-max",
    ]


def test_collect_only_builds_nothing_and_imports_nothing_heavy(shop_floor: Project) -> None:
    shop_floor.write(
        "conftest.py",
        """
import sys
def pytest_unconfigure(config):
    heavy = {"torch", "onnx", "numpy", "onnxruntime", "tensorrt_rtx", "safetensors", "transformers"}
    print("heavy:", sorted(heavy & set(sys.modules)))
""",
    )
    outcome = shop_floor.run_isolated("--collect-only", "-q", "models", plain=True)
    assert "heavy: []" in outcome.stdout
    assert f"models/a.onnx::{CHECKS[-1]}" in outcome.stdout
    cache = shop_floor.root / ".frictionless/cache"
    assert not list(cache.glob("*/*/entry.json"))
    assert not (cache / "logs").exists()
