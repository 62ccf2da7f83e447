# One image for every process: docker run scrip serve | worker | migrate | check
# The base images are pinned by version; pin them by digest where your registry mirrors them.

FROM python:3.13-slim-trixie AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 UV_NO_CACHE=1 UV_LINK_MODE=copy
WORKDIR /src
COPY requirements/bootstrap.txt requirements/build.txt requirements/runtime.txt requirements/
RUN python -m venv /opt/build \
    && /opt/build/bin/pip install --quiet --no-deps --require-hashes \
        -r requirements/bootstrap.txt -r requirements/build.txt \
    && python -m venv --without-pip /opt/scrip \
    && /opt/build/bin/uv pip install --quiet --python /opt/scrip/bin/python \
        --no-deps --require-hashes --compile-bytecode -r requirements/runtime.txt
COPY pyproject.toml README.md LICENSE ./
COPY ledger ledger
COPY audit audit
COPY graphql_api graphql_api
COPY migrations migrations
RUN /opt/build/bin/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir /tmp/wheels . \
    && /opt/build/bin/uv pip install --quiet --python /opt/scrip/bin/python \
        --no-deps --compile-bytecode /tmp/wheels/*.whl

FROM python:3.13-slim-trixie
LABEL org.opencontainers.image.title="Scrip" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --system --uid 10001 --user-group --home-dir /nonexistent --shell /usr/sbin/nologin scrip \
    && install -d -o 10001 -g 10001 -m 0750 /var/lib/scrip/log
COPY --from=build /opt/scrip /opt/scrip
ENV PATH=/opt/scrip/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    SCRIP_ENV=production \
    SCRIP_HOST=0.0.0.0
WORKDIR /tmp
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
ENTRYPOINT ["scrip"]
CMD ["serve"]
