"""Records every Run, Attempt and question to a model: in the metrics, and for the pages."""

from collections.abc import Sequence
from datetime import timedelta

from watchdog.domain.attempt import Attempt
from watchdog.domain.job import RunState
from watchdog.domain.model import Call, CallOutcome, Question, Reply
from watchdog.domain.ports import Clock, Model
from watchdog.domain.run import RunRequest, RunResult
from watchdog.metrics import Metrics
from watchdog.web.board import Board
from watchdog.web.health import Health


class Records:
    """Implements `loops.observe_ports.RunRecorder`."""

    def __init__(self, metrics: Metrics, board: Board, clock: Clock) -> None:
        """Keep where the news goes."""
        self._metrics = metrics
        self._board = board
        self._clock = clock

    def ran(self, request: RunRequest, result: RunResult, *, took: timedelta, told: bool) -> None:
        """Count the Run, and show what it looked at."""
        state = result.verdict.run_state
        self._metrics.run_finished(request.job, state, at=self._clock.now(), took=took, told=told)
        self._metrics.missing_kinds({each.need for each in result.unknown if each.counts})
        self._board.ran(request.checks, result)

    def questioned(self, job: str, state: RunState, took: timedelta, told: bool) -> None:
        """Count a Run that was a question to a model. See `loops.opinions.Counting`."""
        self._metrics.run_finished(job, state, at=self._clock.now(), took=took, told=told)


class Deeds:
    """Implements `loops.considering.AttemptRecorder`."""

    def __init__(self, metrics: Metrics) -> None:
        """Keep where the news goes."""
        self._metrics = metrics

    def attempted(self, attempt: Attempt) -> None:
        """Count it by how its calls ended."""
        self._metrics.attempted(attempt.plan.remediation, attempt.result.value)

    def verified(self, attempt: Attempt) -> None:
        """Count what came of it."""
        took = (attempt.verified_at or attempt.begun_at) - attempt.begun_at
        self._metrics.verified(attempt.plan.remediation, attempt.verified.value, took=took)


class Questions:
    """Implements `loops.triager.QuestionRecorder`."""

    def __init__(self, metrics: Metrics, health: Health, clock: Clock) -> None:
        """Keep where the news goes."""
        self._metrics = metrics
        self._health = health
        self._clock = clock

    def asked(self, call: Call, *, dropped: int) -> None:
        """Count the question; text that is of no use is an answer of the proxy all the same."""
        self._metrics.llm_call(call, dropped=dropped)
        if call.outcome in (CallOutcome.ANSWERED, CallOutcome.UNUSABLE):
            self._health.succeeded("litellm", at=self._clock.now())
        else:
            self._health.failed("litellm")


class Counted:
    """Implements `domain.ports.Model`: another one, of which every question is counted."""

    def __init__(self, model: Model, questions: Questions) -> None:
        """`questions` takes note of each."""
        self._model = model
        self._questions = questions

    async def ask(self, question: Question) -> Reply:
        """See the port."""
        reply = await self._model.ask(question)
        self._questions.asked(reply.call, dropped=0)
        return reply

    async def names(self) -> Sequence[str]:
        """See the port."""
        return await self._model.names()

    async def close(self) -> None:
        """See the port."""
        await self._model.close()
