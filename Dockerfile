# The site in a container: nothing but Python and the libraries, run by a user without rights, on a
# file system that may be read-only. Only /clinic/instance is written to, where SQLite and kept
# secrets are, and /tmp while something large is uploaded.
#
#   docker build -t clinic-booking-portal .
#   docker run -p 8000:8000 -v clinic:/clinic/instance -e BASE_URL=… clinic-booking-portal
#
# runs everything in one container; compose.yaml runs its parts on PostgreSQL.

# The version that the tests run on.
ARG PYTHON=python:3.11.13-slim-bookworm
ARG NODE=node:20.19.5-bookworm-slim

# The pages' scripts and styles, as the lock file has them. Nothing else comes from this stage.
FROM ${NODE} AS assets
WORKDIR /assets
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --omit=dev --no-audit --no-fund --loglevel=error \
    && mkdir vendor \
    && cp node_modules/htmx.org/dist/htmx.min.js node_modules/@picocss/pico/css/pico.min.css vendor/

# The libraries, in the versions that were tested. None of them needs a compiler.
FROM ${PYTHON} AS libraries
WORKDIR /libraries
COPY pyproject.toml constraints.txt ./
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --disable-pip-version-check \
        --constraint constraints.txt . \
    && /venv/bin/pip uninstall --yes --quiet clinic-booking-portal pip

FROM ${PYTHON}
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin clinic
WORKDIR /clinic
COPY --from=libraries /venv /venv
COPY app.py gunicorn.conf.py ./
COPY portal portal
RUN /venv/bin/pybabel -q compile --directory portal/translations
COPY migrations migrations
COPY templates templates
COPY static static
COPY --from=assets /assets/vendor static/vendor
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOST=0.0.0.0
# Compiled here, because nothing can be written later; and the one folder that is the site's own.
RUN python -m compileall -q app.py gunicorn.conf.py portal migrations \
    && install -d -o clinic -g clinic -m 700 instance
USER 10001:10001
VOLUME /clinic/instance
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 CMD \
    ["python", "-ISc", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["flask", "up"]
