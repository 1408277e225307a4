"""What the layout promises, checked: imports go downwards, heavy packages stay where they belong, files are short."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import protocol_sim

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "protocol_sim"
SOURCES = sorted(PACKAGE.rglob("*.py"))
NAMES = [str(path.relative_to(ROOT)) for path in SOURCES]
MOST_LINES = 350
# The exceptions to "no files in the core": a cache keyed by the package's source, and the reader of recorded rounds.
READERS = ("numeric/compiled/", "oracles/rounds.py")


def imports(path: Path) -> set[str]:
    """Modules that a file imports anywhere, also inside functions."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_import_contracts_are_kept() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as lint; lint()", "--no-cache"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", SOURCES, ids=NAMES)
def test_a_file_says_what_it_is_and_is_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)), "no docstring"
    assert len(text.splitlines()) <= MOST_LINES


def test_no_folder_without_a_concept() -> None:
    names = {path.name for path in PACKAGE.rglob("*") if path.is_dir()} | {path.stem for path in SOURCES}
    assert not names & {"utils", "util", "common", "core", "helpers", "managers", "misc"}


@pytest.mark.parametrize("family", ["protocols", "oracles", "amms"])
def test_siblings_are_blind_to_one_another(family: str) -> None:
    members = {path.parent for path in (PACKAGE / family).glob("*/__init__.py")}
    for folder in members:
        foreign = tuple(f"protocol_sim.{family}.{other.name}" for other in members - {folder})
        for path in folder.rglob("*.py"):
            assert not [module for module in imports(path) if module.startswith(foreign)], path.relative_to(ROOT)


@pytest.mark.parametrize("family", ["protocols", "oracles", "amms", "agents", "numeric"])
def test_rules_know_no_files_no_clock_and_no_chance(family: str) -> None:
    forbidden = {"os", "pathlib", "random", "time", "datetime", "pandas", "requests", "socket", "json"}
    for path in (PACKAGE / family).rglob("*.py"):
        if str(path.relative_to(PACKAGE)).startswith(READERS):
            continue
        assert not imports(path) & forbidden, path.relative_to(ROOT)


def test_the_command_line_starts_without_heavy_packages() -> None:
    code = (
        "import sys; from protocol_sim.cli.app import status; status(['--help']);"
        "heavy = {'numpy', 'pandas', 'numba', 'web3', 'pyarrow', 'plotly', 'hypothesis'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_import_of_the_package_is_free() -> None:
    code = (
        "import sys; before = set(sys.modules); import protocol_sim;"
        "new = {name.split('.')[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names);"
        "assert new == {'protocol_sim'}, new"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", protocol_sim.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    value = getattr(protocol_sim, name)
    assert value.__doc__
    assert name in dir(protocol_sim)


def test_an_unknown_public_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'simulate'"):
        protocol_sim.simulate  # noqa: B018


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_lock_files_pin_by_hash_and_name_no_place(lock: str) -> None:
    lines = (ROOT / lock).read_text().splitlines()
    assert not [line for line in lines if "://" in line or line.startswith(("-", "--")) or " @ " in line]
    pinned = [line for line in lines if line and not line.startswith((" ", "#"))]
    assert all(line.count("==") == 1 and line.endswith(" \\") for line in pinned)
    assert sum("--hash=sha256:" in line for line in lines) > len(pinned)


def test_the_two_lock_files_agree() -> None:
    def pins(lock: str) -> dict[str, str]:
        lines = (ROOT / lock).read_text().splitlines()
        names = [line.split()[0].partition("==") for line in lines if "==" in line and line[0].isalnum()]
        return {name: version for name, _, version in names}

    run, dev = pins("requirements.lock"), pins("requirements-dev.lock")
    assert {name: version for name, version in dev.items() if name in run} == run
