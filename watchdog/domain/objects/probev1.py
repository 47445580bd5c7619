"""What a kubelet asks of a container, and how often."""

from watchdog.domain.objects.metav1 import IntOrString, Record


class HttpGet(Record, frozen=True):
    path: str = ""
    port: IntOrString = 0


class PortOnly(Record, frozen=True):
    """tcpSocket and grpc."""

    port: IntOrString = 0


class Probe(Record, frozen=True):
    http_get: HttpGet | None = None
    tcp_socket: PortOnly | None = None
    grpc: PortOnly | None = None
    initial_delay_seconds: int = 0
    period_seconds: int = 10
    timeout_seconds: int = 1
    failure_threshold: int = 3

    @property
    def port(self) -> IntOrString | None:
        """The probed port, None for an exec probe."""
        for target in (self.http_get, self.tcp_socket, self.grpc):
            if target is not None:
                return target.port
        return None

    @property
    def budget_seconds(self) -> int:
        """How long the probe may fail before the kubelet acts."""
        return self.initial_delay_seconds + self.period_seconds * self.failure_threshold
