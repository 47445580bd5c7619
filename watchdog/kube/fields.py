"""Walking through JSON of Kubernetes as it came, where every field matters and none is promised. Pure."""

from collections.abc import Mapping

Json = Mapping[str, object]


def mapping(value: object) -> Json:
    """The value as an object; an empty one when it is none."""
    return value if isinstance(value, Mapping) else {}


def sequence(value: object) -> list[object]:
    """The value as a list; an empty one when it is none."""
    return value if isinstance(value, list) else []


def at(value: Json, *keys: str) -> Json:
    """The object below these keys; an empty one where one of them is missing."""
    for key in keys:
        value = mapping(value.get(key))
    return value


def entries(value: Json, key: str) -> list[Json]:
    """The objects in the list under a key."""
    return [mapping(each) for each in sequence(value.get(key))]


def without(value: Json, *keys: str) -> Json:
    """The same object, these keys left out."""
    return {key: each for key, each in value.items() if key not in keys}


def controller_of(item: Json) -> Json:
    """The owner reference of the controller; empty when nothing controls the object."""
    owners = entries(at(item, "metadata"), "ownerReferences")
    return next((owner for owner in owners if owner.get("controller")), {})
