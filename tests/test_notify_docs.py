"""Every kind of alert that the code can raise is known, concerns somebody, and has its section in the runbooks."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from leadrelay.notify.kinds import KINDS

ROOT = Path(__file__).resolve().parent.parent
RUNBOOKS = (ROOT / "docs/runbooks.md").read_text(encoding="utf-8")
_KIND = re.compile(r"[a-z]+(?:_[a-z]+)*")


def raised_kinds() -> set[str]:
    """The kinds in calls of raise_alert: literals, and the texts of the module that a name there stands for."""
    found: set[str] = set()
    for path in (ROOT / "leadrelay").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _name(node.func) == "raise_alert"]
        for call in calls:
            kind = call.args[2] if len(call.args) > 2 else next(word.value for word in call.keywords if word.arg == "kind")
            if isinstance(kind, ast.Constant):
                found.add(str(kind.value))
            elif isinstance(kind, ast.Name) and kind.id.isupper():
                found |= {str(value) for name, value in _constants(tree) if name == kind.id}
            else:  # a local name: every text in the module that is a kind of alert, or would be one
                found |= {str(value) for name, value in _constants(tree) if name in ("_FAILED", "_STUCK")}
    return found


def _name(called: ast.expr) -> str:
    return called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""


def _constants(tree: ast.Module) -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    for node in tree.body:
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            if isinstance(target, ast.Name) and isinstance(node.value, ast.Constant):
                found.append((target.id, node.value.value))
            elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                found += [
                    (str(getattr(each, "id", "")), getattr(value, "value", None))
                    for each, value in zip(target.elts, node.value.elts, strict=True)
                ]
    return found


def test_every_kind_that_is_raised_is_known() -> None:
    raised = raised_kinds()
    assert len(raised) >= 10
    assert {kind for kind in raised if kind not in KINDS} == set()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_one_section_in_the_runbooks(kind: str) -> None:
    assert RUNBOOKS.count(f'<a id="{kind}"></a>') == 1
    after = RUNBOOKS.split(f'<a id="{kind}"></a>')[1]
    assert re.match(r"\n(?:<a id=\"\w+\"></a>\n)*\n### ", after), "the anchor stands before its heading"
    section = re.split(r"^##", after, maxsplit=2, flags=re.MULTILINE)[1]
    missing = [part for part in ("Means", "Safe meanwhile", "Do", "Over when") if f"**{part}" not in section]
    assert missing == [], f"the section of {kind} says not what it means, what is safe, what to do and when it is over"


def test_the_runbooks_name_no_kind_that_there_is_none_of() -> None:
    assert set(re.findall(r'<a id="(\w+)"></a>', RUNBOOKS)) == set(KINDS)
