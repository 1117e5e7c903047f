"""Why a score is what it is: a waterfall whose lines sum to the total, and what is missing to the next threshold."""

from __future__ import annotations

from collections.abc import Iterator

from core.instants import DAY
from core.lead import MOST_ACTS
from core.operators import TRUE
from core.scoring import Score
from core.scoring import explain as explain_score
from core.scoring.explaining import CountedTouch, ExplainedLine, ExplainedScore
from core.scoring.model import FIT, ActivityLine, Line, Mark
from leadrelay.engine.deciding import SCORED_BY
from leadrelay.lineage.clauses import conditions
from leadrelay.lineage.records import wanted_in
from leadrelay.lineage.story import Story, Told, minute, step
from leadrelay.web.views import Reason

PATHS = ("score.total", "score.fit", "score.behaviour", "score.engagement", "score.band", "score.grade")


def score(story: Story, path: str = "") -> Told:
    """The score now: each group, its lines with what was true or which touches count, the limits, and the thresholds. A path
    names one of its fields, whose group alone is told."""
    found = story.decided.score
    stored = story.lead.value(path or "score.total")
    if found is None:
        before = "" if stored is None else f"; {stored} is left from rules that were in force before"
        return Told(
            f"no rules give a score{before}",
            [*wanted_in(story, path or "score.total")],
            stored if isinstance(stored, int | str) else None,
        )
    now = found.fields.get(path or "score.total")
    since = "" if stored in (None, now) else f"; {stored} when it was last decided"
    named = ", ".join(one for one in (found.band, found.grade) if one)
    most = "" if found.scoring.limit is None else f", of at most {found.scoring.limit}"
    answer = f"the score is {found.total}{f' ({named})' if named else ''}{most}{since}"
    if path and path != "score.total":
        answer = (
            f"{path} is {now if now is not None else 'not given'}{since}: {answer if not since else answer.removesuffix(since)}"
        )
    steps = [*_waterfall(story, found, path), *_marks(found, path), *thresholds(story, found), *_stale(story, found)]
    if story.again_at is not None:
        what = f"time alone may change what is said of this lead: it is looked at again on {minute(story.again_at)}"
        steps.append(step("again", what, story.again_at))
    return Told(answer, [*steps, *wanted_in(story, path or "score.total")], now if isinstance(now, int | str) else None)


def _waterfall(story: Story, found: Score, path: str) -> Iterator[Reason]:
    """From 0 to the total: groups, in them their lines and limits, then what is cut of the whole."""
    explained = explain_score(found)
    names = set(found.scoring.line_names)
    wanted = path.removeprefix("score.")
    for group, points in found.groups.items():
        if wanted in found.groups and group != wanted:
            continue
        yield step("group", f"{group}: {points}", None, 0, group=group, points=points)
        for (of, line), told in zip(found.scoring.lines, explained.lines, strict=True):
            if of == group:
                yield from _line(story, line, told)
        for one in explained.steps:
            if one.what.startswith(f"limit of {group}:"):
                yield step("limit", f"{one.points:+g} {one.what}", None, 1, group=group, points=one.points)
    for one in explained.steps:
        if one.what not in names and not one.what.startswith("limit of "):
            yield step("limit", f"{one.points:+g} {one.what}", None, 0, step=one.what, points=one.points)
    yield _sum(found, explained)


def _sum(found: Score, explained: ExplainedScore) -> Reason:
    parts = [f"{one.points:+g} {one.what}" for one in explained.steps]
    what = f"together {found.total}: {', '.join(parts) or 'no line gives anything'}"
    steps = [{"what": one.what, "points": one.points} for one in explained.steps]
    return step("total", what, None, 0, **{**found.as_json(), "steps": steps})


def _line(story: Story, line: Line, told: ExplainedLine) -> Iterator[Reason]:
    """A line that gave points, or might have, with the touches that count and what time has left of them."""
    yield step(
        "line",
        f"{told.points:+g} {told.line} [{told.place}]",
        None,
        1,
        line=told.line,
        group=told.group,
        points=told.points,
        rule=str(told.place),
    )
    if told.condition is not None:
        yield from conditions(story, told.condition, 2)
    if isinstance(line, ActivityLine):
        for one in told.touches:
            yield _counted(story, one, line)
        yield from _uncounted(story, line, {one.touch for one in told.touches})


def _counted(story: Story, one: CountedTouch, line: ActivityLine) -> Reason:
    content = f" of {one.content}" if one.content else ""
    half = f", which halves every {line.half_life / DAY:g} days" if line.half_life else ""
    left = "" if one.left == one.points else f", {one.left:g} left of it{half}"
    what = f"{one.kind}{content}: {one.points:+d}{left}, by {story.who(one.touch)}"
    data = {name: value for name, value in one.as_json().items() if name != "at"}
    return step("counted", what, one.at, 2, **{**data, **story.provenance(one.touch)})


def _uncounted(story: Story, line: ActivityLine, counted: set[str]) -> Iterator[Reason]:
    """Touches of the line's kinds that give nothing, since the line counts no more of them, none so old or no such content."""
    for act in reversed(story.lead.acts):
        if act.kind not in line.kinds or act.touch in counted:
            continue
        if line.contents and act.content not in line.contents:
            because = f"the line counts {', '.join(line.contents)} alone"
        elif line.within is not None and act.at < story.now - line.within:
            because = f"it is more than {line.within / DAY:g} days ago"
        else:
            window = f" in {line.per / DAY:g} days" if line.per is not None else ""
            because = f"at most {line.at_most} count{window}"
        what = f"{act.kind}: 0, by {story.who(act.touch)}: {because}"
        yield step("uncounted", what, act.at, 2, kind_of_touch=act.kind, points=0, because=because, **story.provenance(act.touch))
    yield from _forgotten(story, line)


def _forgotten(story: Story, line: ActivityLine) -> Iterator[Reason]:
    """How many touches of the line's kinds are too old to be remembered for scores; nothing where all are."""
    if len(story.lead.acts) < MOST_ACTS:
        return
    kept = {act.touch for act in story.lead.acts}
    count = sum(one.kind in line.kinds and one.uid not in kept for one in story.touches)
    if count:
        because = f"a lead remembers its newest {MOST_ACTS} touches for its score"
        what = f"{count} older touch{'es' if count > 1 else ''} of {', '.join(sorted(line.kinds))}: 0, since {because}"
        yield step("forgotten", what, None, 2, count=count, points=0, because=because)


# --- thresholds ---------------------------------------------------------------------------------------------------------


def _marks(found: Score, path: str) -> Iterator[Reason]:
    """The band and the grade, and what is missing to the next one."""
    fit = found.groups.get(FIT, 0)
    for word, marks, points in (("band", found.scoring.bands, found.total), ("grade", found.scoring.grades, fit)):
        if path in ("", "score.total", f"score.{word}"):
            for mark in reversed(marks):
                yield _mark(word, mark, points)


def _mark(word: str, mark: Mark, points: int) -> Reason:
    missing = mark.at_least - points
    went = "reached" if missing <= 0 else f"{missing} more {'point is' if missing == 1 else 'points are'} missing"
    of = " of fit" if word == "grade" else ""
    what = f"the {word} {mark.name} begins at {mark.at_least}{of}: {went} [{mark.place}]"
    return step(
        "threshold", what, None, 0, **{word: mark.name}, at_least=mark.at_least, missing=max(missing, 0), rule=str(mark.place)
    )


def thresholds(story: Story, found: Score) -> Iterator[Reason]:
    """Each stage that the score decides, what it asks beside points, and what is missing to it."""
    for stage in found.scoring.stages:
        missing = 0 if stage.at_least is None else max(stage.at_least - found.total, 0)
        parts = [] if stage.at_least is None else [f"begins at {stage.at_least}"]
        parts += [] if stage.until_below is None else [f"is left below {stage.until_below}"]
        is_open = stage.when is not None and stage.when.truth(found.case) is not TRUE
        went = f"{missing} more {'point is' if missing == 1 else 'points are'} missing" if missing else "reached"
        went = "what it asks is not true" if is_open and not missing else went
        what = f"the stage {stage.name} {' and '.join(parts) or 'asks no points'}: {went} [{stage.place}]"
        yield step("threshold", what, None, 0, stage=stage.name, at_least=stage.at_least, missing=missing, rule=str(stage.place))
        if stage.when is not None:
            yield from conditions(story, stage.when.explain(found.case), 1)


def _stale(story: Story, found: Score) -> Iterator[Reason]:
    mark = story.lead.marks.get(SCORED_BY)
    if mark is not None and mark[1] != found.rules_hash:
        what = "the stored score was made by other rules: `leadrelay rules rescore` brings all leads up to date"
        yield step("stale", what, None, 0, rules=mark[1], in_force=found.rules_hash)
