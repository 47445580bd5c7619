"""What the bench calls in the product's place: the product, then a dry run of all it proposes.

The bench scores what is said; this also asks the API server, while the fault is there, whether each
proposed command that writes would be accepted.
"""

import json
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

COMMAND = Path(sys.executable).parent / "watchdog"
_READING = frozenset({"get", "describe", "logs", "top", "auth", "explain"})
_NO_DRY_RUN = ("rollout restart", "rollout status", "rollout history", "rollout pause")


def main() -> int:
    """Print what the product prints, and return its exit code.

    Arguments: the file that takes one line per refused command, the control plane's binary, and
    then the product's own.
    """
    refused, binary, *arguments = sys.argv[1:]
    done = subprocess.run((COMMAND, *arguments), stdout=subprocess.PIPE, text=True, check=False)
    sys.stdout.write(done.stdout)
    kubeconfig = arguments[arguments.index("--kubeconfig") + 1]
    kubectl = (binary, "kubectl", "--kubeconfig", kubeconfig)
    with Path(refused).open("a", encoding="utf-8") as notes:
        for command in _proposed(done.stdout):
            if refusal := _refusal(command, kubectl):
                notes.write(f"{command}: {refusal}\n")
    return done.returncode


def _proposed(output: str) -> Iterator[str]:
    try:
        incidents: Sequence[dict[str, Any]] = json.loads(output)["incidents"]
    except ValueError:
        return
    for incident in incidents:
        if incident["status"] in ("open", "acknowledged"):
            yield from (incident["proposal"] or {}).get("commands", ())


def _refusal(command: str, kubectl: Sequence[str]) -> str:
    """Why this command would not run as it is; "" when it would, or when it only reads."""
    tool, *words = shlex.split(command)
    if tool != "kubectl":
        return "is no kubectl command"
    if words[:1] == ["-n"]:
        scope, words = words[:2], words[2:]
    else:
        scope = []
    if words[0] in _READING or " ".join(words[:2]) in _NO_DRY_RUN:
        return ""
    # A dry deletion is told apart by its body alone, and the bench reads only addresses.
    tried = ("get", *words[1:]) if words[0] == "delete" else (*words, "--dry-run=server")
    done = subprocess.run(
        (*kubectl, *scope, *tried),
        capture_output=True,
        text=True,
        check=False,
    )
    # The cure has been there before us: what would be removed is gone.
    gone = words[0] in ("delete", "taint") and "not found" in done.stderr.lower()
    return " ".join(done.stderr.split()) if done.returncode and not gone else ""


if __name__ == "__main__":
    sys.exit(main())
