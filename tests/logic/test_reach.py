"""reach: how a host is not reached, by the words of many clients."""

import pytest

from watchdog.logic.reach import NO_SUCH_HOST, REFUSED, TIMEOUT, unreached

LIBPQ = 'connection to server at "pg" (10.96.0.5), port 5432 failed: Connection refused'
URLLIB3 = (
    "HTTPConnectionPool(host='cart', port=8080): Max retries exceeded with url: /x (Caused by "
)
NGINX = "[error] connect() failed (111: Connection refused) while connecting to upstream, client: "


@pytest.mark.parametrize(
    ("line", "kind", "name"),
    [
        ("dial tcp 10.96.40.30:3000: connect: connection refused", REFUSED, "10.96.40.30:3000"),
        ("dial tcp 10.0.0.2:5->10.0.0.1:80: i/o timeout", TIMEOUT, "10.0.0.1:80"),
        ("dial tcp: connect to cart:8080: connection refused", REFUSED, "cart:8080"),
        ("Error: connect ECONNREFUSED 10.0.0.1:5432", REFUSED, "10.0.0.1:5432"),
        ("connect ETIMEDOUT 10.0.0.1:5432", TIMEOUT, "10.0.0.1:5432"),
        (LIBPQ, REFUSED, "pg:5432"),
        ("Connection to postgres:5432 refused. Check the port", REFUSED, "postgres:5432"),
        (
            f"{URLLIB3}NewConnectionError('<urllib3.connection.HTTPConnection object at 0x7>: "
            "Failed to establish a new connection: [Errno 111] Connection refused'))",
            REFUSED,
            "cart:8080",
        ),
        (
            f"{URLLIB3}ConnectTimeoutError(<urllib3.connection.HTTPConnection object at 0x7>, "
            "'Connection to cart timed out. (connect timeout=5)'))",
            TIMEOUT,
            "cart:8080",
        ),
        ("Connection to huggingface.co:443 timed out.", TIMEOUT, "huggingface.co:443"),
        ("Can't connect to MySQL server on 'mysql:3306' (111)", REFUSED, "mysql:3306"),
        ("Can't connect to MySQL server on 'mysql' (110)", TIMEOUT, "mysql"),
        ("mongodb-geo:27017: [Errno 111] Connection refused", REFUSED, "mongodb-geo:27017"),
        ("mongodb-geo:27017: timed out", TIMEOUT, "mongodb-geo:27017"),
        ("Error 111 connecting to redis:6379. Connection refused.", REFUSED, "redis:6379"),
        (
            "Error -2 connecting to redis:6379. Name or service not known.",
            NO_SUCH_HOST,
            "redis:6379",
        ),
        (
            "failed to connect to all addresses; last error: UNKNOWN: ipv4:10.96.3.4:7070: Failed "
            "to connect to remote host: Connection refused",
            REFUSED,
            "10.96.3.4:7070",
        ),
        ("DNS resolution failed for cart:7070: C-ares status", NO_SUCH_HOST, "cart:7070"),
        (
            "System.Net.Sockets.SocketException: Connection refused (cart:8080)",
            REFUSED,
            "cart:8080",
        ),
        ("Name or service not known (cart:8080)", NO_SUCH_HOST, "cart:8080"),
        ("Failed to connect to cart port 8080 after 3 ms: Connection refused", REFUSED, "cart"),
        ("wget: can't connect to remote host (10.96.0.4): Connection refused", REFUSED, ""),
        ("wget: bad address 'cart:8080'", NO_SUCH_HOST, "cart:8080"),
        ("** server can't find cart.shop: NXDOMAIN", NO_SUCH_HOST, "cart.shop"),
        (
            f'{NGINX}10.1.1.1, request: "GET / HTTP/1.1", upstream: "http://10.96.3.4:8080/", '
            'referrer: "https://shop.example.org/"',
            REFUSED,
            "10.96.3.4:8080",
        ),
        ("upstream timed out (110: Connection timed out) while reading", TIMEOUT, ""),
        ('I/O error on GET request for "http://cart:80/x": Connection refused', REFUSED, "cart:80"),
        ("java.net.ConnectException: Connection refused (Connection refused)", REFUSED, ""),
        ("Connection timed out: db-1.lan/192.168.1.30:3306", TIMEOUT, "db-1.lan:3306"),
        ("ConnectException: Connection refused: /10.96.3.4:8080", REFUSED, "10.96.3.4:8080"),
        ("could not connect to server: Connection refused", REFUSED, ""),
        ("failed to connect to database: connection refused", REFUSED, ""),
        ("failed to connect to database:5432: connection refused", REFUSED, "database:5432"),
        ("lookup db.shop on 10.96.0.10:53: no such host", NO_SUCH_HOST, "db.shop"),
        (
            "lookup a.org on 10.96.0.10:53: read udp 10.1.1.9:4->10.96.0.10:53: read: connection "
            "refused",
            NO_SUCH_HOST,
            "a.org",
        ),
        ("getaddrinfo EAI_AGAIN redis", NO_SUCH_HOST, "redis"),
        ("java.net.UnknownHostException: cart: Name or service not known", NO_SUCH_HOST, "cart"),
        ("Temporary failure in name resolution", NO_SUCH_HOST, ""),
    ],
)
def test_a_client_says_how_it_failed_and_with_whom(line: str, kind: str, name: str) -> None:
    assert unreached(line) == (kind, name)


@pytest.mark.parametrize(
    "line",
    [
        "GET /cart 200 12ms http://10.245.18.3:2368",
        "panic: runtime error: invalid memory address or nil pointer dereference",
        "request timeout set to 30s",
        "lookup of user 4711 done",
    ],
)
def test_an_ordinary_line_says_nothing_of_the_kind(line: str) -> None:
    assert unreached(line) is None
