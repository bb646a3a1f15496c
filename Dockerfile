# The endpoint, as a user without rights; the database is another container (see compose.yaml).
FROM python:3.12-slim AS build
WORKDIR /src
COPY requirements/runtime.txt requirements/
RUN python -m venv /opt/dossier && /opt/dossier/bin/pip install --no-cache-dir --require-hashes -r requirements/runtime.txt
COPY . .
RUN /opt/dossier/bin/pip install --no-cache-dir --no-deps .

FROM python:3.12-slim
RUN useradd --system --create-home --uid 10001 dossier
COPY --from=build /opt/dossier /opt/dossier
USER dossier
WORKDIR /home/dossier
ENV PATH=/opt/dossier/bin:$PATH PYTHONUNBUFFERED=1 DOSSIER_ENV=production
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/ready', timeout=2)"]
CMD ["dossier", "serve", "--host", "0.0.0.0", "--port", "8000"]
