"""A proxy whose first model always fails: the proof that the next one answers."""

from collections.abc import Sequence

from watchdog.domain.model import Turn
from watchdog.llm.chat import Chat, Refused
from watchdog.llm.refusal import Do, Refusal
from watchdog.llm.wire import Answered


class FirstFails(Chat):
    """Sends nothing to the first model it is asked for, and everything else to the proxy."""

    _first = ""

    async def send(
        self, model: str, turns: Sequence[Turn], *, max_tokens: int, schema: str
    ) -> Answered:
        """See the base.

        Raises:
            Refused: as the base does, and always for the first model.
        """
        self._first = self._first or model
        if model == self._first:
            forced = Refusal(do=Do.RETRY, status=503, kind="forced", text="made to fail")
            raise Refused(forced)
        return await super().send(model, turns, max_tokens=max_tokens, schema=schema)
