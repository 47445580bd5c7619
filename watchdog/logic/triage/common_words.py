"""Words that look like names and are none: what a model knows of Kubernetes and of its language."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


KINDS = _words(
    "configmap cronjob daemonset replicaset statefulset endpointslice networkpolicy storageclass"
    " persistentvolume persistentvolumeclaim serviceaccount resourcequota limitrange ingressclass"
    " poddisruptionbudget horizontalpodautoscaler priorityclass containerd kubernetes"
)
ACRONYMS = _words(
    "API APIs CA CIDR CNI CPU CRD CSI DNS GPU HPA HTTP HTTPS ID IO IP IPs IPv4 IPv6 JSON NFS OOM OS"
    " PDB PV PVC PVCs RAM RBAC SQL SSH SSL TCP TLS TTL UDP URL UTC UID VM YAML JVM GC SRV NIC"
)
COMPOUNDS = _words(
    "and/or api-server back-off client-side cluster-wide control-plane crash-loop crash-looping e.g"
    " i.e i/o in-cluster in-memory key-value long-running multi-arch name-resolution newly-created"
    " non-existent non-existing non-root non-zero not-ready one-off out-of-memory pre-existing"
    " pull-secret re-created re-creates re-creating read-only read-write read/write"
    " requests/limits roll-out run-time self-signed server-side start-up tcp/ip time-out"
    " up-to-date well-known"
)
# Ordinary words that stand after a kind, or before "namespace".
AFTER_A_KIND = _words(
    "a account accounts again all alone already also an another any at available back because"
    " before being both by cache class claim command config configuration connection content"
    " controller count crashes data different disk down each either else endpoint endpoints ends"
    " entire entirely entry even every exists exits expired fails failed failing field file first"
    " for from gone group here image immediately instead its itself join key keys kind label labels"
    " last later layer level limit limits list log logs lookup memory missing mount name names"
    " network never new newly no none not now object of old once one only or other own owner own"
    " password per phase pod pods policy port ports pressure probe probes process properly pull"
    " pulls quota readiness reference registry repeatedly repository request requests resource"
    " resources restart restarts revision right rollout root same scheduling selector selectors"
    " server set side since so space spec stage starts startup state status still storage stuck"
    " successfully tag tags target template templates terminated that the their them then there"
    " these this those thus times to together too traffic twice unavailable unreachable until usage"
    " use user users value values version via volume volumes waiting waits when where while whole"
    " with within without wrong yet"
)
