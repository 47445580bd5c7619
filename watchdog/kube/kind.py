"""What is known of one kind before it is listed: its API, its record, and how it is asked for."""

from dataclasses import dataclass

from watchdog.domain.objects import metav1


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One listable kind. `query` is added to every list call.

    `plural` is the resource's name in the API where the need is called otherwise.
    Of a `metadata_only` kind the API server is asked for names and labels alone. An `optional`
    API may be uninstalled without anything being wrong.
    """

    need: str
    plural: str = ""
    group: str = ""
    version: str = "v1"
    record: type[metav1.Object]
    namespaced: bool = True
    query: tuple[tuple[str, str], ...] = ()
    metadata_only: bool = False
    optional: bool = False

    @property
    def path(self) -> str:
        """The path of the list over all namespaces."""
        root = f"/apis/{self.group}" if self.group else "/api"
        return f"{root}/{self.version}/{self.resource}"

    @property
    def resource(self) -> str:
        """The resource's name in paths and in RBAC."""
        return self.plural or self.need

    @property
    def accept(self) -> str:
        """The media type to ask for."""
        if self.metadata_only:
            return "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
        return "application/json"
