"""`watchdog runs`: what ran, what came of it, what it cost; once more, or not to its end."""

import json
from datetime import timedelta
from typing import Any

import click

from watchdog.cli import door
from watchdog.cli.exits import ExitCode
from watchdog.cli.options import Options
from watchdog.cli.people import Duration, author, cell, show_table, table, when
from watchdog.cli.run import carry_out

_ENDS = ("healthy", "alert", "unknown", "failed", "skipped", "missed", "cancelled", "running")
_WAIT = "Seconds that models may take to explain what was found; 0 asks none."
_COMPARE_SECONDS = 1800  # some questions of some minutes each
_SIDES = ("recorded", "other")
_COMPARED = (
    *("model", "soul", "words", "priority", "confidence", "veto", "dropped"),
    *("seconds", "input_tokens", "output_tokens", "cost_usd"),
)
_OUTPUT = click.option(
    "--output", type=click.Choice(["text", "json"]), default="text", show_default=True
)


@click.group()
def runs() -> None:
    """List the records of runs, show one, repeat or compare one, or end one under way.

    Where an ID is asked for, any part of it will do that no other run has.
    """


@runs.command("list")
@click.option("--job", default="", metavar="NAME", help="Only this job.")
@click.option("--verdict", type=click.Choice(_ENDS), help="Only runs that ended so.")
@click.option("--since", type=Duration(), help="Only runs that were due since then: 24h, 7d.")
@click.option(
    "--cost-over", type=click.FloatRange(min=0), metavar="USD", help="Only runs that cost more."
)
@click.option("--text", default="", metavar="WORD", help="Only runs whose record has this word.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@_OUTPUT
@click.pass_obj
def list_(
    options: Options,
    *,
    job: str,
    verdict: str | None,
    since: timedelta | None,
    cost_over: float | None,
    text: str,
    limit: int,
    output: str,
) -> None:
    """List runs, newest first."""
    wanted = {
        "job": job,
        "verdict": verdict,
        "since_seconds": since.total_seconds() if since else None,
        "cost_over": cost_over,
        "text": text,
        "limit": limit,
    }
    found: Any = door.call(options, "runs.list", wanted)
    if output == "json":
        click.echo(json.dumps({"runs": found}, indent=2, ensure_ascii=False))
    elif found:
        shown = table("ID", "STATE", "DUE", "TRIGGER", "CALLS", "USD", "NOTE")
        for each in found:
            cost = each["cost"]
            row = [each["run_id"], each["state"], when(each["due_at"]), each["trigger"]]
            row += [cost["calls"] or "-", _usd(cost), each["text"]]
            shown.add_row(*map(cell, row))
        show_table(shown)
    else:
        click.echo("no runs", err=True)


@runs.command()
@click.argument("id")
@click.option("--brief", is_flag=True, help="Also what models were sent, and their answers.")
@_OUTPUT
@click.pass_obj
def show(options: Options, *, id: str, brief: bool, output: str) -> None:
    """Show the record of one run."""
    found: Any = door.call(options, "runs.show", {"id": id, "brief": brief})
    if output == "json":
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    for name, value in _facts(found):
        click.echo(f"{name + ':':<13} {cell(value)}")
    for title, lines in _lists(found):
        if lines:
            click.echo(f"\n{title}:")
            for line in lines:
                click.echo(f"  {cell(line)}")
    for each in found.get("exchanges", ()):
        _say(each)


@runs.command()
@click.argument("id")
@click.option(
    "--deliver",
    type=click.Choice(["auto", "none"]),
    default="auto",
    show_default=True,
    help="auto: tell whom the run told; none: tell nobody now.",
)
@click.option(
    "--wait", type=click.IntRange(min=0, max=86400), default=180, show_default=True, help=_WAIT
)
@_OUTPUT
@click.pass_obj
def clone(options: Options, *, id: str, deliver: str, wait: int, output: str) -> ExitCode:
    """Run once more, now, what a run was asked for: its checks, settings and targets of then.

    What the cluster shows, and what a model says, may have changed: it is a run of its own.
    """
    args: dict[str, object] = {"clone": id, "deliver": deliver}
    return carry_out(options, args, output=output, wait=wait)


@runs.command()
@click.argument("id")
@click.option("--model", default="", metavar="NAME", help="Put the questions to this model.")
@click.option("--soul", default="", metavar="SLUG", help="Put them in the words of this soul.")
@_OUTPUT
@click.pass_obj
def compare(options: Options, *, id: str, model: str, soul: str, output: str) -> None:
    """Put the recorded questions of a run once more, to another model or in another soul's words.

    Nothing is looked at, told or changed: the two answers stand side by side.
    """
    args = {"id": id, "model": model, "soul": soul}
    found: Any = door.call(options, "runs.compare", args, timeout=_COMPARE_SECONDS)
    if output == "json":
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    for pair in found["pairs"]:
        click.echo(f"{pair['incident']}: {cell(pair['headline'])}")
        shown = table("", "RECORDED", "OTHER")
        for name in _COMPARED:
            shown.add_row(*(cell(each) for each in (name, *(_side(pair[s], name) for s in _SIDES))))
        show_table(shown)


@runs.command()
@click.argument("id")
@click.pass_obj
def cancel(options: Options, *, id: str) -> None:
    """End a run under way, before it comes to a result. What is being saved is saved whole."""
    done: Any = door.call(options, "runs.cancel", {"id": id, "by": author()})
    click.echo(f"{done['run_id']} is cancelled", err=True)


def _side(side: Any, name: str) -> str:
    if name == "words" and side[name] is None:
        return str(side.get("error") or "nothing that stood")
    return "-" if side.get(name) is None else str(side[name])


def _facts(run: Any) -> list[tuple[str, str]]:
    """Name and value of what every record has; what a run did not come to is left out."""
    model, cost = run.get("model") or {}, run["cost"]
    facts = [
        ("run", run["run_id"]),
        ("job", _joined(run["job"], (run.get("request") or {}).get("schedule"))),
        ("trigger", run["trigger"]),
        ("state", _joined(run["state"], run["text"])),
        ("due", when(run["due_at"])),
        ("started", when(run["started_at"])),
        ("finished", when(run["finished_at"])),
        ("soul", _marked(run.get("soul"), "slug")),
        ("tools", _marked(run.get("tools"), "checks")),
        ("agent", _joined(*(run.get("agent") or {}).values())),
        ("model", _joined(model.get("requested"), *model.get("fallbacks", ()))),
        ("served by", _joined(*model.get("served", ()))),
        ("permissions", _permissions(run.get("permissions"))),
        ("clone of", (run.get("request") or {}).get("clone_of", "")),
        ("cost", _cost(cost) if cost["calls"] else ""),
    ]
    return [(name, value) for name, value in facts if value]


def _lists(run: Any) -> list[tuple[str, list[str]]]:
    incidents = run.get("incidents") or {}
    return [
        ("Incidents", [f"{status}: {', '.join(ids)}" for status, ids in incidents.items()]),
        (
            "Changes",
            [
                f"{each['incident']}: {each['before'] or 'new'} > {each['after'] or 'gone'}"
                f" ({each['reason']})"
                for each in run.get("changes", ())
            ],
        ),
        (
            "Not said",
            [f"{why}: {', '.join(ids)}" for why, ids in (run.get("unsaid") or {}).items()],
        ),
        (
            "Not seen",
            [
                f"{each['need']} {each['reason']}, so {each['check']} saw less"
                for each in run.get("unknown", ())
            ],
        ),
        ("Messages", [_message(each) for each in run["messages"]]),
        ("Questions to models", [_call(each) for each in run["calls"]]),
    ]


def _say(exchange: Any) -> None:
    about = f" about {exchange['incident']}" if exchange["incident"] else ""
    click.echo(f"\n--- {exchange['purpose']}{about}, {when(exchange['at'])}")
    for turn in exchange["turns"]:
        click.echo(f"\n[{turn['role']}]\n{turn['text']}")
    click.echo(f"\n[answer of {exchange['served'] or 'nobody'}]\n{exchange['answer'] or '-'}")


def _marked(dimension: Any, name: str) -> str:
    """A dimension with its digest, by which two runs are compared."""
    value = (dimension or {}).get(name)
    shown = ", ".join(value) if isinstance(value, list) else str(value or "")
    return f"{shown} (digest {dimension['digest']})" if shown else ""


def _permissions(found: Any) -> str:
    if not found:
        return ""
    return f"{found['mode']} (policy {found['policy_digest']}, rights {found['rights_digest']})"


def _message(row: Any) -> str:
    arrived = f"delivered {when(row['delivered_at'])}" if row["delivered_at"] else "waits"
    return f"{row['kind']} to {row['target']}, {row['failed'] or arrived}: {row['title']}"


def _call(call: Any) -> str:
    served = call["served"] or call["error"] or "nobody"
    about = f" about {call['incident']}" if call["incident"] else ""
    tokens = f"{call['input_tokens'] or '?'} + {call['output_tokens'] or '?'} tokens"
    return (
        f"{call['purpose']}{about}: {call['outcome']}, {served}, {call['seconds']:.1f} s, {tokens}"
    )


def _cost(cost: Any) -> str:
    tokens = f"{cost['input_tokens']} + {cost['output_tokens']} tokens"
    return f"{_usd(cost)} USD, {tokens}, {cost['calls']} questions"


def _usd(cost: Any) -> str:
    return f"{cost['usd']:.4f}" if cost["calls"] else "-"


def _joined(*parts: str | None) -> str:
    return ", ".join(part for part in parts if part)
