FROM python:3.11.14-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_RETRIES=5 PIP_TIMEOUT=60
WORKDIR /build
COPY requirements.lock requirements-dev.lock ./
# hatchling is in the second lock: everything that runs here, also to build, is locked by hash.
RUN python -m venv /opt/watchdog \
 && /opt/watchdog/bin/pip install --require-hashes --no-deps -r requirements.lock \
 && python -m venv /opt/build \
 && /opt/build/bin/pip install --require-hashes --no-deps -r requirements-dev.lock
COPY pyproject.toml README.md ./
COPY watchdog watchdog
COPY soul soul
COPY prompts prompts
COPY corpus corpus
ARG SHA
RUN printf '%s\n' "${SHA:?give the commit: --build-arg SHA=...}" > watchdog/_sha \
 && /opt/build/bin/pip wheel --no-build-isolation --no-deps --wheel-dir dist . \
 && /opt/watchdog/bin/pip install --no-deps --no-index dist/*.whl \
 && /opt/watchdog/bin/pip uninstall --yes pip setuptools

FROM python:3.11.14-slim-bookworm
COPY --from=build /opt/watchdog /opt/watchdog
ENV PATH=/opt/watchdog/bin:$PATH
# The number, not a name: the kubelet refuses "non-root" it cannot prove.
USER 10001:10001
EXPOSE 8642
ENTRYPOINT ["watchdog"]
CMD ["serve"]
