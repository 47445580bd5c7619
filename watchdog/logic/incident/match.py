"""Which known Incident a Sighting continues: the closest pairs find each other first."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from watchdog.domain.incident import Incident
from watchdog.domain.sighting import Sighting


def match(known: Sequence[Incident], sightings: Sequence[Sighting]) -> dict[int, int]:
    """Return number of Sighting -> number of Incident, each Incident at most once.

    Equally close, earlier Sightings choose first, and standing Incidents come before pending ones.
    """
    near = _Index(known)
    candidates = [near.to(sighting) for sighting in sightings]
    free = set(range(len(known)))
    pairs: dict[int, int] = {}
    for close in (_same_fault, _same_cause, _same_subject, _same_object):
        for number, sighting in enumerate(sightings):
            if number in pairs:
                continue
            fitting = [
                each for each in candidates[number] if each in free and close(known[each], sighting)
            ]
            if fitting:
                pairs[number] = min(
                    fitting, key=lambda each: (not known[each].standing, known[each].first_seen_at)
                )
                free.remove(pairs[number])
    return pairs


class _Index:
    """Incidents by what a Sighting can have in common with them: thousands are not compared."""

    def __init__(self, known: Sequence[Incident]) -> None:
        by_key: defaultdict[tuple[object, ...], list[int]] = defaultdict(list)
        for number, incident in enumerate(known):
            for subject in incident.subjects:
                by_key[incident.check, subject].append(number)
            by_key[incident.check, incident.reason, incident.shared].append(number)
        self._by_key: Mapping[tuple[object, ...], Sequence[int]] = by_key

    def to(self, sighting: Sighting) -> list[int]:
        """Numbers of the Incidents that may be meant, in their own order."""
        keys: list[tuple[object, ...]] = [
            (sighting.check, subject) for subject in sighting.subjects
        ]
        if sighting.shared:
            keys.append((sighting.check, sighting.reason, sighting.shared))
        return sorted({number for key in keys for number in self._by_key.get(key, ())})


def _same_fault(incident: Incident, sighting: Sighting) -> bool:
    return _same_subject(incident, sighting) and incident.shared == sighting.shared


def _same_cause(incident: Incident, sighting: Sighting) -> bool:
    same_reason = incident.reason == sighting.reason
    return same_reason and bool(sighting.shared) and incident.shared == sighting.shared


def _same_subject(incident: Incident, sighting: Sighting) -> bool:
    common = not set(incident.subjects).isdisjoint(sighting.subjects)
    return common and incident.reason == sighting.reason


def _same_object(incident: Incident, sighting: Sighting) -> bool:
    """Without the logs a check may only name the general cause: keep the one known before."""
    common = not set(incident.subjects).isdisjoint(sighting.subjects)
    return common and sighting.uncertain and incident.standing
