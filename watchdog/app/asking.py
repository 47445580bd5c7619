"""Questions of people to the models: the parts put together, and the command `ask`."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from watchdog.app.frames import framing
from watchdog.app.models import ModelPath
from watchdog.app.requests import run_id
from watchdog.config.effective import secrets as own_secrets
from watchdog.config.settings import Settings
from watchdog.config.souls import Texts
from watchdog.domain.asking import Opinion
from watchdog.domain.check import Check
from watchdog.domain.errors import Unanswered, Usage
from watchdog.domain.job import Job
from watchdog.domain.model import Turn
from watchdog.domain.ports import Clock, Cluster, Model
from watchdog.domain.run import RunRequest
from watchdog.domain.soul import ClusterFacts
from watchdog.llm.prompts import Prompts
from watchdog.llm.step import SCHEMA, step_of
from watchdog.loops.ask import Asker
from watchdog.loops.gate import Gate
from watchdog.loops.inquiry import Inquirer, Inquiry, Worded
from watchdog.loops.opinions import Counting, Opinions, uncounted
from watchdog.loops.prompting import Prompter
from watchdog.loops.under_way import RunsUnderWay
from watchdog.store.engine import Store
from watchdog.web.door import Command

ASK = "ask"  # in the place of a job's name
SECONDS = 180.0  # for a person who waits
LONGEST = 2000  # characters of a question


def opinions_of(
    settings: Settings,
    cluster: Cluster,
    store: Store,
    clock: Clock,
    *,
    model: Model,
    gate: Gate,
    under_way: RunsUnderWay,
    texts: Callable[[], Texts],
    checks: Sequence[Check],
    counting: Counting = uncounted,
) -> Opinions:
    """The one that carries out questions; `under_way` are those of the process, `texts` the souls and
    prompts in force, `counting` takes note of each."""
    asker = Asker(
        model,
        clock,
        step_of=step_of,
        schema=SCHEMA,
        mark=lambda: secrets.token_hex(16),
        context_tokens=settings.llm.context_tokens,
    )
    inquirer = Inquirer(
        cluster,
        store,
        asker=asker,
        gate=gate,
        worded=lambda soul: _worded(texts(), soul),
        deadline=settings.llm.deadline.total_seconds(),
        own_secrets=own_secrets(settings),
    )
    return Opinions(
        store,
        clock,
        inquirer=inquirer,
        under_way=under_way,
        frame=framing(settings, checks, texts),
        cluster=cluster.name,
        counting=counting,
    )


def prompter_of(
    settings: Settings,
    models: ModelPath,
    opinions: Opinions,
    clock: Clock,
    *,
    jobs: Callable[[], Sequence[Job]],
) -> Prompter:
    """The one that runs jobs with a prompt; `jobs` are those in force."""
    return Prompter(
        models.store,
        clock,
        opinions=opinions,
        gate=models.gate,
        state=models.state,
        models=lambda job: settings.llm.chain_for(job.model, job.fallbacks),
        jobs=jobs,
    )


def ask_command(opinions: Opinions, settings: Settings, clock: Clock) -> Command:
    """The command: `{text, model?}` in, the answer with what was read for it out."""

    async def ask(args: Mapping[str, object]) -> object:
        job = Job(name=ASK, schedule="", prompt=_question(args), model=str(args.get("model") or ""))
        request = RunRequest(
            run_id=run_id(ASK, clock.now()),
            job=ASK,
            trigger="manual",
            checks=(),
            silent="always",
            mode=settings.mode,
            timeout=timedelta(seconds=SECONDS),
            model=job.model,
            asks=job,
        )
        inquiry = Inquiry(
            question=job.prompt,
            run_id=request.run_id,
            models=settings.llm.chain_for(job.model, ()),
            seconds=SECONDS,
            patient=False,
        )
        answered = await opinions.run(request, inquiry)
        return {"run_id": request.run_id, **answer_of(answered.inquired.opinion)}

    return ask


def answer_of(opinion: Opinion) -> dict[str, object]:
    """The answer as JSON.

    Raises:
        Unanswered: there is none.
    """
    if opinion.failed:
        raise Unanswered(
            opinion.note,
            hint="`watchdog doctor` tries every model; `watchdog incidents list` needs none",
        )
    return {
        "answer": opinion.text,
        "source": "llm",
        "note": opinion.note,
        "doubt": opinion.doubt,
        "read": [
            {"what": each.what, "result": "read" if each.ok else "failed"}
            for each in opinion.readings
        ],
        "llm": {
            "calls": len(opinion.calls),
            "input_tokens": sum(each.usage.input_tokens or 0 for each in opinion.calls),
            "output_tokens": sum(each.usage.output_tokens or 0 for each in opinion.calls),
            "model_requested": opinion.calls[-1].requested,
            "model_served": opinion.calls[-1].served,
        },
    }


def _question(args: Mapping[str, object]) -> str:
    text = str(args.get("text") or "").strip()
    if not text:
        raise Usage("there is no question", hint='watchdog ask "why is shop slow?"')
    if len(text) > LONGEST:
        raise Usage(f"the question has {len(text)} characters", hint=f"at most {LONGEST}")
    return text


def _worded(texts: Texts, slug: str) -> Worded:
    prompts = Prompts(texts)

    def turns(
        inquiry: Inquiry, facts: ClusterFacts, tools: Sequence[str], mark: str, data: str
    ) -> tuple[Turn, ...]:
        return prompts.ask(inquiry.question, facts, mark, tools=tools, data=data, soul=slug)

    soul = texts.soul(slug)
    return Worded(soul=soul.slug, policy=soul.tools, turns=turns)
