"""How much a model would be sent about the incidents of the recorded clusters."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.properties.recorded import NAMES, incidents, recorded
from watchdog.config.souls import read_texts
from watchdog.llm.prompts import Prompts
from watchdog.logic.triage.brief import brief
from watchdog.logic.triage.cluster_facts import cluster_facts
from watchdog.logic.triage.tokens import estimate

DELIMITER = "0" * 32


@dataclass(frozen=True, slots=True)
class Sizes:
    """Estimated tokens of all prompts, smallest first; the estimate is never too low."""

    tokens: tuple[int, ...]

    def share(self, part: float) -> int:
        """The size that this part of the prompts does not exceed."""
        return self.tokens[min(len(self.tokens) - 1, int(part * len(self.tokens)))]


def sizes() -> Sizes:
    """Word the question about every incident that needs a human, in every recorded cluster."""
    with TemporaryDirectory() as home:
        prompts = Prompts(read_texts(Path(home), None))
    found = []
    for name in NAMES:
        look = recorded(name)
        facts = cluster_facts(look, name)
        for incident in incidents(look):
            if incident.severity.needs_human:
                turns = prompts.triage(brief(incident), facts, DELIMITER)
                found.append(sum(estimate(turn.text) for turn in turns))
    return Sizes(tuple(sorted(found)))
