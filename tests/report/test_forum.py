"""Reports of searches, many paths, runs and audits: what a forum needs is on the page, and a browser draws it."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import protocol_sim as ps
from protocol_sim.cli.app import status
from protocol_sim.report import html_text, markdown_text
from protocol_sim.report.forum import forum_report, load
from protocol_sim.tuning import tune
from tests.tuning.markets import LT, random_slide, thresholds

BROWSERS = map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))
CHROMIUM = next((found for found in BROWSERS if found), "")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A search, many paths, a run and an audit on disk."""
    folder = tmp_path_factory.mktemp("results")
    scenario = random_slide()
    tune(scenario, thresholds(), ["borrowing-power", "bad-debt-es"], paths=40, out=folder / "search")
    ps.run_paths(scenario, 80).save(folder / "paths")
    ps.run(scenario, engine="fast").save(folder / "run")
    audit = {
        "format": 1, "market": "toy", "kind": "aave-v2 2", "counts": {"high": 1, "medium": 0, "low": 0, "info": 0},
        "findings": [{"id": "x", "severity": "high", "rule": "solvency", "subject": "WETH", "reason": "LT·(1+b) > 1"}],
        "not_checked": [], "margins": [],
        "ledger": [{"key": "reserves.WETH.ltv", "value": "80 %", "status": "observed", "source": "block 17"}],
    }
    (folder / "audit.json").write_text(json.dumps(audit))
    return [folder / "search", folder / "paths", folder / "run", folder / "audit.json"]


def test_everything_a_forum_needs_is_there(results: list[Path]) -> None:
    found = ps.load_tuning(results[0])
    text = markdown_text(forum_report([load(path) for path in results]))
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert headings == [
        "Recommendation", "Baseline and bound", "Trade-off", "Sensitivity", "Risk over the horizon", "One run", "Audit",
        "Data", "Inputs", "Method", "Limits", "How to reproduce",
    ]
    for piece in (
        "Should 2 parameters of pair change, judged by `borrowing-power` and `bad-debt-es` over 36 hours?",
        "against no change, 95%", "Closed-form bound", "no change", "Expected Shortfall of bad debt", "95 %",
        "LT·(1+b) > 1", "block 17", "2023-11-14 22:13:20 UTC", found.digest, found.manifest.command, "seed 1",
        found.manifest.lock_digest, "python 3", "reserves.WETH.ltv", "assets.WETH.price.volatility_per_year",
    ):
        assert piece in text, piece


def test_the_leading_result_asks_the_question(results: list[Path]) -> None:
    assert forum_report([load(results[1])]).question.startswith("How much bad debt and how many liquidations does pair")
    assert forum_report([load(results[2])]).question == "What happens in pair on path 0?"
    assert forum_report([load(results[3])]).question == "Do the liquidation thresholds of toy hold?"
    assert forum_report([load(results[2]), load(results[1])]).title == "Risk of pair"
    assert forum_report([load(results[1])], question="Why?").question == "Why?"
    twice = forum_report([load(results[2]), load(results[2])])
    assert [section.title for section in twice.sections] == ["One run", "One run (2)", "Data"]


def test_no_change_is_a_recommendation_too(results: list[Path]) -> None:
    found = ps.load_tuning(results[0])
    found.recommendation = found.target = found.baseline
    text = markdown_text(forum_report([found]))
    assert "No change. No candidate within the step limits is better" in text


def test_the_command_writes_both(results: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert status(["report", *map(str, results[:2]), "--out", str(tmp_path / "out")]) == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["report.html", "report.md"]
    assert "written to" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("none", "directory: expected results of run, run --paths, tune or audit, found no such directory"),
        ("empty", "file: expected a file of a results directory, found no such file"),
        ("search", "directory: expected a search that has come to its end, found one that has not (call it again)"),
        ("bad.json", "file: expected the JSON of an audit, found 'ledger'"),
    ],
)
def test_what_is_no_result_is_one_line(
    name: str, line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "search").mkdir()
    (tmp_path / "search" / "journal.jsonl").write_text("")
    (tmp_path / "bad.json").write_text("{}")
    assert status(["report", str(tmp_path / name), "--out", str(tmp_path / "out")]) == 2
    err = capsys.readouterr().err
    assert line in err
    assert err.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine (apt-get install chromium)")
def test_a_browser_draws_every_figure(results: list[Path], tmp_path: Path) -> None:
    report = forum_report([load(path) for path in results])
    page = tmp_path / "report.html"
    page.write_text(html_text(report), encoding="utf-8")
    done = subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}",
         "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--enable-logging=stderr", "--virtual-time-budget=20000", "--dump-dom", page.as_uri()],
        capture_output=True, text=True, check=True, timeout=120,
    )
    figures = len(re.findall(r'type="application/json"', page.read_text(encoding="utf-8")))
    assert figures >= 6
    drawn = re.sub(r"<script.*?</script>", "", done.stdout, flags=re.DOTALL)
    plots = re.findall(r'<div class="plot[^"]*" id="figure-\d+".*?(?=<figure|</figure|$)', drawn, re.DOTALL)
    assert len(plots) == figures
    for plot in plots:
        assert 'class="main-svg"' in plot
        assert re.search(r'class="(?:point|js-line|fills|yerror|xerror|scatterlayer)', plot)
    assert "Uncaught" not in done.stderr


def test_the_markdown_names_each_figure_of_the_page(results: list[Path]) -> None:
    report = forum_report([load(path) for path in results])
    assert markdown_text(report).count("(figure in the HTML page)") == html_text(report).count('class="plot"')
    assert LT.rpartition(".")[2] in html_text(report)
