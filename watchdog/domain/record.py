"""Under what a Run was made: for those who look back and compare."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Soul, tools, agent, model and permissions of a Run; "" where it has none.

    Digests are equal while what they stand for is: two Runs of one Frame differ in what they saw.
    """

    version: str  # of this program
    sha: str
    soul: str = ""  # the slug
    soul_digest: str = ""
    tools_digest: str = ""  # of the checks: what they read, can say, and are set to
    model: str = ""  # the one that is asked first
    fallbacks: tuple[str, ...] = ()
    policy_digest: str = ""  # of the settings that decide what may be done, and by whom
    rights_digest: str = ""  # of what the cluster has to allow
