"""What the bench calls in the product's place: the product, then a dry run of all it proposes.

The bench scores what is said; this also asks the API server, while the fault is there, whether each
proposed command that writes would be accepted.
"""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

LOOKED = "looked"  # one line for each run of the product
COMMAND = Path(sys.executable).parent / "watchdog"
_READING = frozenset({"get", "describe", "logs", "top", "auth", "explain"})
_NO_DRY_RUN = ("rollout restart", "rollout status", "rollout history", "rollout pause")


def main() -> int:
    """Print what the product prints, and return its exit code.

    Arguments: the file that takes one line per refused command, the control plane's binary, a
    pattern of what may never be said ("" for nothing), and then the product's own.
    """
    refused, binary, never, *arguments = sys.argv[1:]
    done = subprocess.run((COMMAND, *arguments), capture_output=True, text=True, check=False)
    sys.stdout.write(done.stdout)
    sys.stderr.write(done.stderr)
    kubeconfig = arguments[arguments.index("--kubeconfig") + 1]
    again = bool(Path(refused).read_text(encoding="utf-8"))
    with Path(refused).open("a", encoding="utf-8") as notes, TemporaryDirectory() as cache:
        notes.write(f"{LOOKED}\n")
        if never and (lie := re.search(never, done.stdout + done.stderr, re.IGNORECASE)):
            notes.write(f"it was said: {lie.group()}\n")
        # What an earlier cluster on the same port served must not be remembered.
        kubectl = (binary, "kubectl", "--kubeconfig", kubeconfig, "--cache-dir", cache)
        for command in _proposed(done.stdout):
            refusal = _refusal(command, kubectl)
            if refusal and not again:  # a later look may come after the cure
                notes.write(f"{command}: {refusal}\n")
    return done.returncode


def _proposed(output: str) -> Iterator[str]:
    try:
        incidents: Sequence[dict[str, Any]] = json.loads(output)["incidents"]
    except ValueError:
        return
    for incident in incidents:
        done = (incident["remediation"] or {}).get("attempt")
        if incident["status"] in ("open", "acknowledged") and not done:  # it was cured meanwhile
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
    return " ".join(done.stderr.split()) if done.returncode else ""


if __name__ == "__main__":
    sys.exit(main())
