"""What the model is sent: the templates of the home filled in, what never changes first.

The system turn is equal for every question of a soul, so that a server that keeps a prefix need not
read it again; the data, and the mark that fences it, come last.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from watchdog.config.souls import Texts
from watchdog.config.templates import render
from watchdog.domain.model import Turn
from watchdog.domain.soul import ClusterFacts
from watchdog.domain.triage import Brief
from watchdog.logic.triage.brief import fenced


class Prompts:
    """Fills in the texts in force. Rendering raises Misconfigured; checked texts do not."""

    def __init__(self, texts: Texts) -> None:
        """`texts` are checked: `read_texts` returns no others."""
        self._texts = texts

    def triage(
        self, brief: Brief, cluster: ClusterFacts, delimiter: str, *, soul: str = ""
    ) -> tuple[Turn, ...]:
        """The question about one Incident. `delimiter` is drawn anew for each."""
        known = {"soul": self.soul(cluster, soul), "cluster": asdict(cluster)}
        data = {"data": fenced(brief, delimiter), "delimiter": delimiter}
        return (
            Turn(role="system", text=self._fill("triage.system.j2", known)),
            Turn(role="user", text=self._fill("triage.user.j2", data)),
        )

    def ask(
        self,
        question: str,
        cluster: ClusterFacts,
        delimiter: str,
        *,
        tools: Sequence[str],
        data: str = "",
        soul: str = "",
    ) -> tuple[Turn, ...]:
        """A person's question. `data` is already fenced with `delimiter`; "" when nothing was read."""
        known = {
            "soul": self.soul(cluster, soul),
            "cluster": asdict(cluster),
            "tools": list(tools),
        }
        asked = {"question": question, "data": data, "delimiter": delimiter}
        return (
            Turn(role="system", text=self._fill("ask.system.j2", known)),
            Turn(role="user", text=self._fill("ask.user.j2", asked)),
        )

    def repair(self, complaint: str) -> str:
        """What is said to an answer that cannot be used."""
        return self._fill("repair.j2", {"complaint": complaint})

    def soul(self, cluster: ClusterFacts, slug: str = "") -> str:
        """The soul's text for this cluster."""
        return render(self._texts.soul(slug).text, {"cluster": asdict(cluster)})

    def _fill(self, name: str, values: Mapping[str, object]) -> str:
        return render(self._texts.prompts[name], values)
