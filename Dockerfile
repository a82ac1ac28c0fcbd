# The portal in production: one image; docker-compose.yml starts it as nginx, web, worker, beat and, before them, prepare.
# What is installed comes from the same lists as on a plain machine: the lock files and scripts/.

FROM node:22-bookworm-slim AS assets
WORKDIR /app
COPY package.json package-lock.json ./
COPY scripts/install_assets scripts/
RUN scripts/install_assets

FROM python:3.12-slim-bookworm AS packages
WORKDIR /app
COPY requirements.txt ./
COPY scripts/install_python scripts/
RUN scripts/install_python

FROM python:3.12-slim-bookworm AS fonts
WORKDIR /app
COPY scripts/install_fonts scripts/
RUN FONT_DIR=/fonts scripts/install_fonts

FROM python:3.12-slim-bookworm
WORKDIR /app
COPY scripts/install_system_packages scripts/
RUN scripts/install_system_packages && rm -rf /var/lib/apt/lists/*
COPY --from=packages /app/.venv .venv
COPY --from=fonts /fonts /usr/local/share/portal-fonts
COPY . .
COPY --from=assets /app/static/vendor static/vendor

ENV PATH=/app/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PORTAL_MODE=production \
    FONT_DIR=/usr/local/share/portal-fonts \
    VAR_DIR=/var/lib/portal
# Only VAR_DIR is writable: uploaded files, briefings, collected static files.
RUN useradd --system --home-dir /var/lib/portal --create-home portal
USER portal
VOLUME /var/lib/portal
# Of nginx (scripts/run_nginx); the command below is the web process, which listens on a socket in the volume.
EXPOSE 8000
# The access log leaves out what stands behind the ? of an address: what somebody has searched for may be a person.
CMD ["gunicorn", "changzhi_portal.wsgi", "--bind", "unix:/var/lib/portal/run/web.sock", "--workers", "3", "--threads", "4", \
     "--worker-tmp-dir", "/dev/shm", "--no-control-socket", "--logger-class", "changzhi_portal.gunicorn.Logger", \
     "--access-logfile", "-", "--access-logformat", "%({x-forwarded-for}i)s %(t)s \"%(m)s %(U)s\" %(s)s %(B)s %(M)sms"]
