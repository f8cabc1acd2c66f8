# Three stages: the style sheet and scripts, the Python packages, and the image that runs.
# No secret enters an image; everything it needs at run time comes from the environment.

FROM python:3.12-slim AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements/base.txt /tmp/base.txt
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --require-hashes -r /tmp/base.txt

FROM packages AS assets
WORKDIR /srv
COPY package.json package-lock.json .npmrc ./
COPY static_src static_src
COPY dev/setup.py dev/setup.py
RUN ln -s /opt/venv .venv \
    && python dev/setup.py assets

FROM python:3.12-slim AS service
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DEMONSTRATION=false \
    STATIC_ROOT=/srv/static_root \
    STATIC_BUILD=/srv/static_build \
    DOCUMENT_ROOT=/srv/documents \
    DATA_DIR=/srv/data
RUN groupadd --gid 10001 frontdoor \
    && useradd --uid 10001 --gid frontdoor --no-create-home --shell /usr/sbin/nologin frontdoor
WORKDIR /srv
COPY --from=packages /opt/venv /opt/venv
COPY --from=assets /srv/.data/static_build static_build
COPY manage.py ./
COPY static static
COPY templates templates
COPY slough_front_door slough_front_door
COPY lib lib
COPY accounts accounts
COPY record record
COPY people people
COPY cases cases
COPY mash mash
COPY early_help early_help
COPY assessments assessments
COPY partner_api partner_api
COPY demonstration demonstration
# Collecting needs no secret and no server, so it runs as a demonstration whose key stays in a layer
# that holds nothing else and is thrown away with its folder.
RUN DEMONSTRATION=true DATA_DIR=/tmp/build python manage.py collectstatic --noinput --verbosity 0 \
    && rm -rf /tmp/build \
    && install -d -o frontdoor -g frontdoor -m 0700 /srv/documents /srv/data
USER frontdoor
EXPOSE 8000
VOLUME ["/srv/documents"]
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=4 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health/', timeout=4)"]
CMD ["gunicorn", "slough_front_door.wsgi", "--bind", "0.0.0.0:8000", "--workers", "4", "--threads", "4", \
     "--timeout", "60", "--graceful-timeout", "30", "--no-control-socket"]
