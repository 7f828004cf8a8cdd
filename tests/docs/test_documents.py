"""What the documents say is so: tables are those of the code, commands exist, metrics have these names."""

import importlib.util
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent.cli import app
from models.metrics import AGENT_METRICS, METRICS

TOP = Path(__file__).parents[2]
READMES = ("README.md", "README.zh-CN.md")


def load(path: Path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("name", "page"), [("metrics.md", "metrics_page"), ("faults.md", "faults_page")])
def test_the_catalogue_pages_are_those_of_the_code(name, page):
    made = getattr(load(TOP / "tools" / "catalogues.py"), page)()
    assert (TOP / "docs" / name).read_text(encoding="utf-8") == made, "run: python tools/catalogues.py"


@pytest.mark.parametrize("readme", READMES)
def test_metrics_in_the_readme_exist(readme):
    text = (TOP / readme).read_text(encoding="utf-8")
    named = set(re.findall(r"\bcctv_[a-z0-9_]+\b", text))
    assert named
    assert named <= set(METRICS) | set(AGENT_METRICS)


@pytest.mark.parametrize("readme", READMES)
def test_commands_in_the_readme_exist(readme):
    text = (TOP / readme).read_text(encoding="utf-8")
    commands = set(re.findall(r"\bsiteward ([a-z][a-z-]+)\b", text))
    assert commands >= {"run", "check-config", "probe", "doctor"}
    for command in commands:
        assert CliRunner().invoke(app, [command, "--help"]).exit_code == 0, command


@pytest.mark.parametrize("readme", READMES)
def test_files_the_readme_points_to_exist(readme):
    text = (TOP / readme).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (TOP / target).exists(), target


def test_the_readmes_have_the_same_chapters():
    sizes = [
        len(re.findall(r"^## ", (TOP / name).read_text(encoding="utf-8"), re.MULTILINE)) for name in READMES
    ]
    assert sizes[0] == sizes[1]


@pytest.mark.parametrize("page", sorted((TOP / "docs").rglob("*.md")), ids=lambda path: path.name)
def test_links_between_documents_hold(page):
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name} -> {target}"
