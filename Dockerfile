# leadrelay as a container: docs/container.md says how to run it. Nothing is written but /data and /tmp.

FROM python:3.11-slim-bookworm AS builder
WORKDIR /build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
# The build tools live in an environment of their own, which stays behind.
COPY requirements/tools.txt requirements/run.txt requirements/
RUN python -m venv /build/tools \
 && /build/tools/bin/python -m pip install --require-hashes -r requirements/tools.txt
RUN python -m venv /opt/leadrelay \
 && /opt/leadrelay/bin/python -m pip install --require-hashes -r requirements/run.txt
COPY pyproject.toml README.md LICENSE compose.yaml ./
COPY core/ core/
COPY connectors/ connectors/
COPY leadrelay/ leadrelay/
COPY mappings/ mappings/
COPY config/ config/
RUN /build/tools/bin/python -m hatchling build -t wheel -d /build/dist \
 && /opt/leadrelay/bin/python -m pip install --no-deps --no-index /build/dist/*.whl \
 && /opt/leadrelay/bin/python -m compileall -q /opt/leadrelay/lib

FROM python:3.11-slim-bookworm
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="leadrelay" \
      org.opencontainers.image.description="Carries leads from forms, mail and files into Salesforce and HubSpot without losing or doubling one" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --gid 10001 leadrelay \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin leadrelay \
 && install -d -o leadrelay -g leadrelay -m 0700 /data \
 && install -d -m 0755 /config
COPY --from=builder /opt/leadrelay /opt/leadrelay
# In a container the published port is the only door; data_dir holds the spool, also where the store is PostgreSQL.
ENV PATH=/opt/leadrelay/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    LEADRELAY_CONFIG=/config/leadrelay.yaml \
    LEADRELAY__DATA_DIR=/data \
    LEADRELAY__WEB__HOST=0.0.0.0
USER 10001:10001
WORKDIR /data
VOLUME ["/data"]
EXPOSE 8080
# `run` and `web` answer here; a container that runs `worker` says `leadrelay health --worker` instead (compose.yaml).
HEALTHCHECK --interval=30s --timeout=10s --start-period=20s --retries=3 CMD ["leadrelay", "health"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["leadrelay"]
CMD ["run"]
