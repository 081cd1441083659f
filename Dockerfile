# The service alone: production dependencies, TypeScript run by Node itself, no build step.
# PostgreSQL is given by DATABASE_URL; the embedded one is an optional dependency and left out.
# A tag and no digest: a new build takes the security fixes of Debian. The version of Node.js is that of .nvmrc.
FROM node:24.21.0-bookworm-slim AS base

ENV NPM_CONFIG_CACHE=/tmp/.npm \
    NPM_CONFIG_UPDATE_NOTIFIER=false


# The development dependencies, for the compose service `tools`. The project is mounted at /app, and finds them in /.
FROM base AS tools

WORKDIR /
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/tmp/.npm \
    npm ci --no-audit --no-fund

WORKDIR /app
USER node
CMD ["npm", "run"]


# The last target is what `docker build` builds.
FROM base AS service

ENV NODE_ENV=production

WORKDIR /app

# Dependencies first: this layer is built again only when the lock file changes.
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/tmp/.npm \
    npm ci --omit=dev --omit=optional --no-audit --no-fund

COPY drizzle ./drizzle
COPY src ./src

# Everything above belongs to root: the service can read its code and not change it.
USER node

EXPOSE 8000
STOPSIGNAL SIGTERM

# No curl in the image. Readiness, not liveness: unhealthy means "send no traffic", Docker restarts nothing for it.
HEALTHCHECK --interval=5s --timeout=4s --start-period=30s --retries=3 \
    CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 8000}/health/ready`, { signal: AbortSignal.timeout(3000) }).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]

# Not `npm start`: npm would stand between the service and SIGTERM.
CMD ["node", "--disable-warning=ExperimentalWarning", "src/main.ts"]
