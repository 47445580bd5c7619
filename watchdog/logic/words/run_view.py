"""Runs as JSON: one line of a list, one whole record, what was said to models. Times are RFC 3339."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from watchdog.domain.exchange import Exchange
from watchdog.domain.notification import Notification
from watchdog.domain.record import Cost, RunLine, RunRecord
from watchdog.domain.triaged import AskedCall

Json = dict[str, object]


def line_json(line: RunLine) -> Json:
    """One Run with its verdict (None for one that came to none) and its cost."""
    entry = line.entry
    return {
        "run_id": entry.run_id,
        "job": entry.job,
        "trigger": entry.trigger,
        "state": entry.state.value,
        "verdict": line.verdict or None,
        "due_at": _time(entry.due_at),
        "started_at": _time(entry.started_at),
        "finished_at": _time(entry.finished_at),
        "text": entry.text,
        "cost": cost_json(line.cost),
    }


def record_json(
    record: RunRecord, calls: Sequence[AskedCall], messages: Sequence[Notification]
) -> Json:
    """All that is known of one Run. `messages` are rows of the outbox that it caused."""
    result = {name: value for name, value in record.result.items() if name != "notifications"}
    return {
        **line_json(record.line),
        "cluster": record.cluster,
        **result,
        "model": _model(result.get("model"), calls),
        "calls": [_call(each) for each in calls],
        "messages": [_message(each) for each in messages],
    }


def exchange_json(exchange: Exchange) -> Json:
    """One question as it was sent, and its answer."""
    return {
        "incident": exchange.incident or None,
        "purpose": exchange.purpose,
        "at": _time(exchange.at),
        "requested": exchange.requested,
        "served": exchange.served or None,
        "soul": exchange.soul,
        "turns": [{"role": each.role, "text": each.text} for each in exchange.turns],
        "answer": exchange.answer or None,
    }


def cost_json(cost: Cost) -> Json:
    """What the questions of a Run cost."""
    return {
        "calls": cost.calls,
        "input_tokens": cost.input_tokens,
        "output_tokens": cost.output_tokens,
        "usd": round(cost.usd, 6),
    }


def caused(record: RunRecord) -> tuple[int, ...]:
    """The ids of the rows of the outbox that a Run caused."""
    rows = record.result.get("notifications", ())
    return tuple(row["id"] for row in rows) if isinstance(rows, list) else ()


def _model(planned: object, calls: Sequence[AskedCall]) -> Json:
    """Which model was to be asked, and which ones answered."""
    served = sorted({each.call.served for each in calls if each.call.served})
    return {**(planned if isinstance(planned, Mapping) else {}), "served": served}


def _call(asked: AskedCall) -> Json:
    call = asked.call
    return {
        "purpose": call.purpose,
        "incident": asked.incident or None,
        "at": _time(call.at),
        "seconds": call.seconds,
        "outcome": call.outcome.value,
        "requested": call.requested,
        "served": call.served or None,
        "requests": call.requests,
        "fallbacks": call.fallbacks,
        "input_tokens": call.usage.input_tokens,
        "output_tokens": call.usage.output_tokens,
        "cost_usd": call.usage.cost_usd,
        "error": call.error or None,
    }


def _message(row: Notification) -> Json:
    return {
        "incident": row.message.thread,
        "kind": row.message.kind.value,
        "target": row.target,
        "title": row.message.title,
        "delivered_at": _time(row.delivered_at),
        "failed": row.failed or None,
    }


def _time(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None
