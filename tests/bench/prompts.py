"""How much a model is sent about the incidents of the recorded clusters, and how often it is asked:
`python -m tests.bench.prompts`.
"""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from tests.bench.questions import of_all
from tests.doubles.lying import lies
from tests.doubles.scholar import scholar
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


def questions() -> Table:
    """How often a model is asked about the incidents of the recorded clusters."""
    table = Table("model", "new incidents", "questions", "requests", "requests/incident")
    for title, behaviour in (("answers well", scholar()), ("lies", lies())):
        found = of_all(behaviour)
        new = sum(each.new for each in found)
        calls = sum(len(each.calls) for each in found)
        requests = sum(each.requests for each in found)
        table.add_row(title, *map(str, (new, calls, requests)), f"{requests / new:.2f}")
    return table


def main() -> None:
    """Print both."""
    found = sizes()
    table = Table("prompts", "median tokens", "p99", "largest")
    shares = (found.share(0.5), found.share(0.99), found.tokens[-1])
    table.add_row(*map(str, (len(found.tokens), *shares)))
    console = Console()
    console.print(table)
    console.print(questions())


if __name__ == "__main__":
    main()
