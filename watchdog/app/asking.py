"""Questions of people to the models: the parts put together, and the command `ask`."""

import secrets
from collections.abc import Callable, Mapping, Sequence

from watchdog.app.frames import framing
from watchdog.app.models import ModelPath
from watchdog.config.effective import secrets as own_secrets
from watchdog.config.settings import Settings
from watchdog.config.souls import Texts
from watchdog.domain.asking import Opinion
from watchdog.domain.check import Check
from watchdog.domain.errors import Unanswered, Usage
from watchdog.domain.job import Job
from watchdog.domain.model import Turn
from watchdog.domain.ports import Clock, Cluster, Model
from watchdog.domain.soul import ClusterFacts
from watchdog.llm.prompts import Prompts
from watchdog.llm.step import SCHEMA, step_of
from watchdog.loops.ask import Asker
from watchdog.loops.gate import Gate
from watchdog.loops.inquiry import Inquirer, Inquiry, Worded
from watchdog.loops.prompting import Prompter
from watchdog.store.engine import Store
from watchdog.web.door import Command

SECONDS = 180.0  # for a person who waits
LONGEST = 2000  # characters of a question


def inquirer_of(
    settings: Settings,
    cluster: Cluster,
    store: Store,
    clock: Clock,
    *,
    model: Model,
    gate: Gate,
    texts: Callable[[], Texts],
) -> Inquirer:
    """The one that answers questions; `texts` are the souls and prompts in force."""
    return Inquirer(
        cluster,
        store,
        asker=Asker(
            model,
            clock,
            step_of=step_of,
            schema=SCHEMA,
            mark=lambda: secrets.token_hex(16),
        ),
        gate=gate,
        worded=lambda soul: _worded(texts(), soul),
        deadline=settings.llm.deadline.total_seconds(),
        own_secrets=own_secrets(settings),
    )


def prompter_of(
    settings: Settings,
    models: ModelPath,
    inquirer: Inquirer,
    clock: Clock,
    *,
    cluster: str,
    jobs: Callable[[], Sequence[Job]],
    checks: Sequence[Check],
) -> Prompter:
    """The one that runs jobs with a prompt; `jobs` are those in force."""
    return Prompter(
        models.store,
        clock,
        inquirer=inquirer,
        state=models.state,
        frame=framing(settings, checks),
        models=lambda job: models_of(settings, job.model, job.fallbacks),
        jobs=jobs,
        cluster=cluster,
    )


def ask_command(inquirer: Inquirer, settings: Settings, clock: Clock) -> Command:
    """The command: `{text, model?}` in, the answer with what was read for it out."""

    async def ask(args: Mapping[str, object]) -> object:
        now = clock.now()
        inquired = await inquirer.ask(
            Inquiry(
                question=_question(args),
                run_id=f"ask-{now:%Y%m%dT%H%M%S.%fZ}",
                models=models_of(settings, str(args.get("model") or ""), ()),
                seconds=SECONDS,
                patient=False,
            )
        )
        return answer_of(inquired.opinion)

    return ask


def models_of(settings: Settings, model: str, fallbacks: Sequence[str]) -> tuple[str, ...]:
    """The chain of one question: the model it names first, then its own fallbacks or the common ones."""
    llm = settings.llm
    first = model or llm.model
    others = fallbacks or (llm.fallbacks if not model else ())
    return tuple(dict.fromkeys((first, *others)))


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

    return Worded(policy=texts.soul(slug).tools, turns=turns)
