"""Asks the API server what this identity may do; asking takes no right and changes nothing."""

from watchdog.app.access import Access
from watchdog.app.audit import REFUSED, compare, compare_reading, declared_by, evidence
from watchdog.app.cluster import dns_source, open_connection
from watchdog.app.lines import Line
from watchdog.app.registry import all_checks, all_remediations
from watchdog.config.settings import Settings
from watchdog.domain.errors import Forbidden
from watchdog.kube.client import Connection
from watchdog.kube.kinds import KINDS
from watchdog.kube.listing import read_kind
from watchdog.kube.rights import ask_each, ask_held
from watchdog.kube.sharing import Sharing

_PAGE = 500


async def audit(settings: Settings, access: Access) -> list[Line]:
    """Compare what this identity may do with what the enabled checks and every remediation declare.

    Raises:
        Misconfigured, Transient, Permanent: the cluster does not answer.
        Forbidden: it does not tell this identity of its rights.
    """
    connection = await open_connection(access, settings)
    try:
        return await _audited(connection, settings)
    finally:
        await connection.close()


async def denials(settings: Settings, access: Access) -> Line:
    """In one line what this identity may not do, as it should be. Raises as `audit`."""
    connection = await open_connection(access, settings)
    try:
        return evidence(await ask_each(connection, REFUSED))
    finally:
        await connection.close()


async def _audited(connection: Connection, settings: Settings) -> list[Line]:
    checks = [check for check in all_checks() if check.id not in settings.disabled_checks]
    declared = declared_by(checks, all_remediations())
    answers = await ask_each(connection, [*sorted(declared.reader), *REFUSED])
    try:
        namespaces = await read_kind(connection, KINDS["namespaces"], page=_PAGE, sharing=Sharing())
    except Forbidden:  # what is missing is told all the same; this is among it
        return list(compare_reading(declared, answers))
    holdings = await ask_held(connection, [each.metadata.name for each in namespaces])
    lease = settings.actor.lease
    return list(compare(declared, answers, holdings, dns_source(settings), lease))
