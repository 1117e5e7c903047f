"""The mapping files that ship with the product: they compile, pass their own tests and survive loading and saving."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.documents import read_document
from core.fields import Catalogue
from core.mapping import InboundMapping, OutboundMapping, compile_mapping, run_mapping_tests

ROOT = Path(__file__).parents[3]
FILES = sorted((ROOT / "mappings").glob("*.yaml"))
LOOK = ROOT.parent / "shared" / "yaml.md"

EASILY_SPOILT = (
    "01067",
    "1.10",
    "0055e0000012345",
    "+493012345",
    "NO",
    "2026-11-21",
    "1e3",
    "0x1F",
    "1_000",
    "~",
    "12:30:45",
    "on",
)


def compiled(text: str, catalogue: Catalogue) -> InboundMapping | OutboundMapping:
    mapping, problems = compile_mapping(read_document(text, "m.yaml"), catalogue)
    assert not problems, "\n".join(map(str, problems))
    assert mapping is not None
    return mapping


def assert_tests_pass(mapping: InboundMapping | OutboundMapping, catalogue: Catalogue) -> None:
    results = run_mapping_tests(mapping, catalogue)
    assert results
    assert not [f"{result.name}: {result.message}" for result in results if not result.passed]


def test_the_usual_mappings_are_there() -> None:
    names = {"contact-form", "demo-request", "salesforce-contact", "salesforce-lead", "web-to-lead"}
    assert names <= {path.stem for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_shipped_mapping_compiles_under_its_file_name_and_passes_its_own_tests(path: Path, catalogue: Catalogue) -> None:
    mapping = compiled(path.read_text(encoding="utf-8"), catalogue)
    assert mapping.name == path.stem
    assert_tests_pass(mapping, catalogue)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_shipped_mapping_survives_loading_and_saving_to_the_byte(path: Path, line_end: str) -> None:
    text = path.read_text(encoding="utf-8").replace("\n", line_end)
    assert read_document(text, path.name).save().encode() == text.encode()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_shipped_mapping_reads_the_same_with_windows_line_ends(path: Path, catalogue: Catalogue) -> None:
    mapping = compiled(path.read_text(encoding="utf-8").replace("\n", "\r\n"), catalogue)
    assert_tests_pass(mapping, catalogue)


@pytest.mark.parametrize("text", EASILY_SPOILT)
def test_a_value_without_quotes_stays_the_text_it_is(text: str, catalogue: Catalogue) -> None:
    inbound = (
        f"mapping: m\nto: lead\nfields: {{touch.name: {{from: {text}, values: {{{text}: {text}}}}}}}\n"
        f"set: {{touch.campaign: {text}}}\n"
    )
    outbound = (
        f"mapping: m\nto: salesforce\nobject: Lead\nfields: {{A: {{from: person.email, default: {text}}}}}\nset: {{B: {text}}}\n"
    )
    first, second = compiled(inbound, catalogue), compiled(outbound, catalogue)
    assert isinstance(first, InboundMapping)
    assert isinstance(second, OutboundMapping)
    [line] = first.lines
    assert line.inputs == (text,)
    assert line.translation is not None
    assert dict(line.translation.values) == {text: text}
    assert first.constants[0].text == text
    assert [written.default or written.constant for written in second.lines] == [text, text]
    assert read_document(inbound, "m").save() == inbound
    assert read_document(outbound, "m").save() == outbound


@pytest.mark.skipif(not LOOK.exists(), reason="the page with the files' target look is not here")
def test_the_mapping_files_of_the_target_look_compile_and_pass(catalogue: Catalogue) -> None:
    blocks = re.findall(r"```yaml\n(mapping:.*?)```", LOOK.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        assert read_document(block, "m").save() == block
        assert_tests_pass(compiled(block, catalogue), catalogue)
