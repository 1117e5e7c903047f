"""Who is to be told what, as a value: from the alerts, what was told before and the settings, without clock or store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from core.instants import HOUR, Instant
from leadrelay.notify.kinds import kind_of
from leadrelay.notify.settings import NotifySettings, TargetSettings

RAISED, RESOLVED, REMINDER = "raised", "resolved", "reminder"
_DIGITS = "-0123456789"


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert as it stands; `resolved_at` is None while it is open, `people` are the addresses of those it is for, if any."""

    key: str
    kind: str
    since_at: Instant
    resolved_at: Instant | None = None
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """One notice: what a target was, or is to be, told of an alert that was raised at `since_at`.

    `made_at` is when that was decided. `is_held` says that a worker is sending it now, `is_unsure` that a worker died or lost
    the connection while it did, so that nobody knows whether it arrived.
    """

    id: int
    alert_key: str
    since_at: Instant
    target: str
    kind: str
    made_at: Instant
    sent_at: Instant | None = None
    is_held: bool = False
    is_unsure: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """A notice to be made."""

    alert_key: str
    since_at: Instant
    target: str
    kind: str


@dataclass
class Plan:
    """What is to change: notices to make, to take back unsent, and to count as told since they may have arrived."""

    make: list[Wanted] = field(default_factory=list)
    take_back: list[int] = field(default_factory=list)
    count_as_told: list[int] = field(default_factory=list)

    def is_nothing(self) -> bool:
        """Whether everything is as it should be."""
        return not (self.make or self.take_back or self.count_as_told)


def event_of(kind: str) -> str:
    """raised, resolved or reminder: what a notice's kind is without the number of a reminder."""
    return kind.rstrip(_DIGITS)


def plan(settings: NotifySettings, alerts: Iterable[Alert], notices: Iterable[Told], now: Instant) -> Plan:
    """What is to be told to whom. A trouble is told once it has lasted for the grace period, and its end once that has; what
    comes back before its end was told is the same trouble still."""
    known = {alert.key: alert for alert in alerts}
    before: dict[tuple[str, str], list[Told]] = {}
    found = Plan()
    for one in notices:
        if one.target in settings.targets:
            before.setdefault((one.alert_key, one.target), []).append(one)
        elif one.sent_at is None and not one.is_held:
            found.take_back.append(one.id)
    by_mail = {kind: settings.mails(kind, kind_of(kind).role) for kind in {alert.kind for alert in known.values()}}
    for name, target in settings.targets.items():
        for key, alert in known.items():
            told = before.get((key, name), ())
            if kind_of(alert.kind).is_once:
                is_for = bool(alert.people) if target.smtp is not None else _is_for((name, target), alert)
                _decide_once(found, name, alert, told, is_for=is_for and (target.smtp is None or by_mail[alert.kind] == name))
            else:
                _decide(found, settings, (name, target), alert, told, now)
    return found


def _decide_once(found: Plan, target: str, alert: Alert, notices: Sequence[Told], *, is_for: bool) -> None:
    """What a target is to be told of an alert that is told once: nothing any more when it is over, or came anew."""
    for one in notices:
        if one.sent_at is None and (alert.resolved_at is not None or one.since_at != alert.since_at):
            _take_back(found, one)
    is_told = any(one.since_at == alert.since_at for one in notices)
    if is_for and alert.resolved_at is None and not is_told:
        found.make.append(Wanted(alert.key, alert.since_at, target, RAISED))


def _decide(
    found: Plan,
    settings: NotifySettings,
    to: tuple[str, TargetSettings],
    alert: Alert,
    notices: Sequence[Told],
    now: Instant,
) -> None:
    """What one target is to be told of one alert."""
    ended = {one.since_at for one in notices if one.kind == RESOLVED}
    going_on = [one for one in notices if one.kind == RAISED and one.since_at not in ended]
    for raised in going_on:
        if raised.sent_at is None:
            if alert.resolved_at is not None:
                _take_back(found, raised)
        elif alert.resolved_at is None:
            _remind(found, settings, raised, notices, now)
        elif now - alert.resolved_at >= settings.grace:
            found.make.append(Wanted(alert.key, raised.since_at, to[0], RESOLVED))
            for one in notices:
                if one.sent_at is None and one.kind not in (RAISED, RESOLVED):
                    _take_back(found, one)
    has_lasted = alert.resolved_at is None and now - alert.since_at >= settings.grace
    if not going_on and has_lasted and alert.since_at not in ended and _is_for(to, alert):
        lately = sum(one.kind == RAISED and one.made_at > now - HOUR for one in notices)
        if lately < settings.most_per_hour:
            found.make.append(Wanted(alert.key, alert.since_at, to[0], RAISED))


def _is_for(to: tuple[str, TargetSettings], alert: Alert) -> bool:
    kind = kind_of(alert.kind)
    is_of_itself = kind.about == "target" and kind.subject(alert.key) == to[0]
    return not is_of_itself and to[1].wants(kind.name, kind.role)


def _take_back(found: Plan, one: Told) -> None:
    """Nobody is to be told any more; whoever may have been told already is told of the end too."""
    if one.is_unsure and not one.is_held:
        found.count_as_told.append(one.id)
    elif not one.is_held:
        found.take_back.append(one.id)


def _remind(found: Plan, settings: NotifySettings, raised: Told, notices: Sequence[Told], now: Instant) -> None:
    told = [one for one in notices if one.since_at == raised.since_at and one.kind != RESOLVED]
    if settings.remind is None or any(one.sent_at is None for one in told):
        return
    if now - max(one.sent_at or 0 for one in told) >= settings.remind:
        found.make.append(Wanted(raised.alert_key, raised.since_at, raised.target, f"{REMINDER}-{len(told)}"))


def over(notices: Iterable[Told], before: Instant) -> list[int]:
    """The notices that can be forgotten: of troubles whose end was told before that time."""
    ended: Mapping[tuple[str, str, Instant], Instant] = {
        (one.alert_key, one.target, one.since_at): one.sent_at
        for one in notices
        if one.kind == RESOLVED and one.sent_at is not None
    }
    return [one.id for one in notices if ended.get((one.alert_key, one.target, one.since_at), before) < before]
