"""Which API serves each need, and how it is listed. Values only: nothing here talks to a cluster.

A need is the plural resource name that a check declares ("pods"). One more kind is one more line.
"""

from dataclasses import dataclass

from watchdog.domain import objects as k8s

LOGS = "logs"  # a need that is read per container after detection, never listed

_WARNINGS_ONLY = (("fieldSelector", "type!=Normal"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One listable kind. `query` is added to every list call.

    Of a `metadata_only` kind the API server is asked for names and labels alone. An `optional`
    API may be uninstalled without anything being wrong.
    """

    need: str
    group: str = ""
    version: str = "v1"
    record: type[k8s.Object]
    namespaced: bool = True
    query: tuple[tuple[str, str], ...] = ()
    metadata_only: bool = False
    optional: bool = False

    @property
    def path(self) -> str:
        """The path of the list over all namespaces."""
        root = f"/apis/{self.group}" if self.group else "/api"
        return f"{root}/{self.version}/{self.need}"

    @property
    def accept(self) -> str:
        """The media type to ask for."""
        if self.metadata_only:
            return "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
        return "application/json"


_ADMISSION = "admissionregistration.k8s.io"
_ALL = (
    Kind(need="pods", record=k8s.Pod),
    Kind(need="nodes", record=k8s.Node, namespaced=False),
    Kind(need="namespaces", record=k8s.Namespace, namespaced=False),
    Kind(need="events", record=k8s.Event, query=_WARNINGS_ONLY),
    Kind(need="deployments", group="apps", record=k8s.Deployment),
    Kind(need="replicasets", group="apps", record=k8s.ReplicaSet),
    Kind(need="statefulsets", group="apps", record=k8s.StatefulSet),
    Kind(need="daemonsets", group="apps", record=k8s.DaemonSet),
    Kind(need="controllerrevisions", group="apps", record=k8s.ControllerRevision),
    Kind(need="jobs", group="batch", record=k8s.Job),
    Kind(need="cronjobs", group="batch", record=k8s.CronJob),
    Kind(need="persistentvolumeclaims", record=k8s.PersistentVolumeClaim),
    Kind(need="persistentvolumes", record=k8s.PersistentVolume, namespaced=False),
    Kind(need="storageclasses", group="storage.k8s.io", record=k8s.StorageClass, namespaced=False),
    Kind(need="resourcequotas", record=k8s.ResourceQuota),
    Kind(need="limitranges", record=k8s.LimitRange),
    Kind(need="serviceaccounts", record=k8s.ServiceAccount, metadata_only=True),
    # Their data may hold what people should have put into a Secret: it is never asked for.
    Kind(need="configmaps", record=k8s.ConfigMap, metadata_only=True),
    Kind(need="services", record=k8s.Service),
    Kind(need="endpointslices", group="discovery.k8s.io", record=k8s.EndpointSlice),
    Kind(
        need="mutatingwebhookconfigurations",
        group=_ADMISSION,
        record=k8s.MutatingWebhookConfiguration,
        namespaced=False,
    ),
    Kind(
        need="validatingwebhookconfigurations",
        group=_ADMISSION,
        record=k8s.ValidatingWebhookConfiguration,
        namespaced=False,
    ),
    Kind(
        need="priorityclasses",
        group="scheduling.k8s.io",
        record=k8s.PriorityClass,
        namespaced=False,
    ),
)

KINDS = {kind.need: kind for kind in _ALL}
