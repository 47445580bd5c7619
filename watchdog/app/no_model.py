"""What answers in place of a model where none is set up."""

from collections.abc import Mapping

from watchdog.domain.errors import Unanswered


async def no_model(_args: Mapping[str, object]) -> object:
    """The command `ask` where no model is set up.

    Raises:
        Unanswered: always.
    """
    raise Unanswered(
        "no model is set up", hint="set OPENAI_BASE_URL and llm.model; detection needs neither"
    )
