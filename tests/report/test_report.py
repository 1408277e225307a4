"""A report says what it was given, needs nothing from outside, and never leaves half a page."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from protocol_sim.report import (
    Figure,
    KeyFigure,
    Report,
    Reproduction,
    Section,
    Table,
    bars,
    html_text,
    lines,
    markdown_text,
    write_html,
    write_markdown,
)
from protocol_sim.report.charts import scaled
from protocol_sim.results import LedgerEntry

LEDGER = (
    LedgerEntry("assets.CRV.decimals", "18", "observed", "the token contract"),
    LedgerEntry("pools.crv-usdc.reserves", "1 <CRV>, 2 USDC", "assumed", "a round number"),
)


def make_report() -> Report:
    return Report(
        title="A <title> & more",
        question="Is `x` < 1?",
        answer="First.\n\nSecond.",
        key_figures=(KeyFigure("bad debt", "1,234.50 USD", "of two accounts"),),
        sections=(
            Section(
                "What happened",
                "Words.",
                (
                    Table("Cases", ("case", "bad debt", "when"), (("as it was", "1.50 USD", "noon"), ("x", "–", "x"))),
                    lines("Price", [1, 2], {"CRV": [0.5, None]}, x_title="block", y_title="USD", levels={"edge": 0.4}),
                    bars("Debt", ["a", "b"], {"x": [1, 2], "y": [3, 4]}, y_title="USD", note="See </script> `b`."),
                ),
            ),
        ),
        ledger=LEDGER,
        method="How.",
        limits=("What it is not.",),
        reproduction=Reproduction("protocol-sim run s.toml --seed 7", 7, (("results", "ab" * 32),), {"python": "3.11"}),
    )


class Reader(HTMLParser):
    """Collects ids, links and scripts, and complains about tags that do not close."""

    VOID = frozenset({"meta", "br", "img", "input", "link", "hr"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.scripts: dict[str, str] = {}
        self._script = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        assert not {"src"} & set(given), f"{tag} loads {given}"
        assert tag not in ("link", "img", "iframe")
        if given.get("id"):
            self.ids.append(str(given["id"]))
        if tag == "a":
            self.links.append(str(given["href"]))
        if tag == "script":
            self._script = given.get("id") or f"script {len(self.scripts)}"
            self.scripts[self._script] = ""
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.scripts[self._script] += data


@pytest.fixture(scope="module")
def page() -> str:
    return html_text(make_report())


def test_the_page_is_well_formed_and_loads_nothing(page: str) -> None:
    reader = Reader()
    reader.feed(page)
    assert reader.open == []
    assert len(reader.ids) == len(set(reader.ids))
    assert reader.links
    assert {link.removeprefix("#") for link in reader.links} <= set(reader.ids)


def test_plotly_is_inside_once_and_only_if_it_is_needed(page: str) -> None:
    assert page.count("plotly.js v") == 1
    without = html_text(Report("t", "q", sections=(Section("s", "only words"),)))
    assert "Plotly" not in without
    assert len(without) < 20_000


def test_figures_are_json_in_the_page(page: str) -> None:
    reader = Reader()
    reader.feed(page)
    first = json.loads(reader.scripts["figure-1-data"])
    assert first["data"][0]["y"] == [0.5, None]
    assert first["layout"]["annotations"][0]["text"] == "edge"
    assert [trace["y"] for trace in json.loads(reader.scripts["figure-2-data"])["data"]] == [[1, 2], [3, 4]]


def test_a_figure_that_is_no_number_is_refused() -> None:
    figure = Figure("f", ({"y": [float("nan")]},), {})
    with pytest.raises(ValueError, match="not JSON compliant"):
        html_text(Report("t", "q", sections=(Section("s", blocks=(figure,)),)))


def test_everything_that_was_given_is_on_the_page_and_escaped(page: str) -> None:
    text = re.sub(r"<script.*?</script>|<style>.*?</style>", "", page, flags=re.DOTALL)
    for piece in (
        "A &lt;title&gt; &amp; more", "Is <code>x</code> &lt; 1?", "<p>First.</p><p>Second.</p>", "1,234.50 USD",
        "of two accounts", "as it was", "See &lt;/script&gt; <code>b</code>.", "1 observed", "0 inferred", "1 assumed",
        "1 &lt;CRV&gt;, 2 USDC", "a round number", "<p>How.</p>", "<li>What it is not.</li>", "ab" * 32,
        "protocol-sim run s.toml --seed 7", "<td>python</td><td>3.11</td>",
    ):
        assert piece in text, piece


def test_columns_of_numbers_are_flush_right(page: str) -> None:
    assert '<th class="number">bad debt</th>' in page
    assert '<td class="number">1.50 USD</td>' in page
    assert "<td>as it was</td>" in page
    assert "<td>noon</td>" in page


def test_markdown_says_the_same(page: str) -> None:
    text = markdown_text(make_report())
    for piece in (
        "# A <title> & more", "- **bad debt: 1,234.50 USD** – of two accounts", "| as it was | 1.50 USD | noon |",
        "1 observed, 0 inferred, 1 assumed", "| `assets.CRV.decimals` | 18 | observed | the token contract |",
        "**Price** (figure in the HTML page)", "- What it is not.", "protocol-sim run s.toml --seed 7",
    ):
        assert piece in text, piece
    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        f"## {title}" for title in re.findall(r"<h2[^>]*>([^<]*)</h2>", page)
    ]


def test_a_table_has_as_many_cells_as_columns() -> None:
    with pytest.raises(ValueError, match="a row of 1 cells under 2 columns"):
        Table("t", ("a", "b"), (("1",),))


def test_the_same_report_gives_the_same_bytes(page: str) -> None:
    assert html_text(make_report()) == page


def test_files_are_whole_or_absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_markdown(make_report(), tmp_path / "new" / "report.md")
    assert path.read_text() == markdown_text(make_report())
    write_html(make_report(), tmp_path / "new" / "report.html")

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_markdown(Report("other", "q"), path)
    assert path.read_text() == markdown_text(make_report())
    assert sorted(p.name for p in path.parent.iterdir()) == ["report.html", "report.md"]


def test_scaled_is_for_the_eye() -> None:
    assert scaled([150_000_000, None], 8) == [1.5, None]
