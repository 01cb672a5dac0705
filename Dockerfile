# The program and nothing else: no compiler, no tests, no Postgres binaries.
ARG NODE=node:24-slim

FROM ${NODE} AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Optional dependencies are Postgres binaries; the workspace holds those of the tests.
RUN --mount=type=cache,target=/root/.npm \
    npm ci --omit=dev --omit=optional --ignore-scripts --workspaces=false --no-audit --no-fund \
 && find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.cts' -o -name '*.d.mts' -o -name '*.md' \) -delete \
 && find node_modules -type d -empty -delete

FROM ${NODE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/root/.npm \
    npm ci --omit=optional --ignore-scripts --workspaces=false --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/build.js scripts/
COPY src src
RUN node scripts/build.js && find dist -name '*.d.ts' -delete

FROM ${NODE}
LABEL org.opencontainers.image.title="wal2algolia" \
      org.opencontainers.image.description="Makes a Postgres audit log searchable in Algolia, straight from the WAL" \
      org.opencontainers.image.licenses="MIT"
# Inside a container 127.0.0.1 is nobody else's; what is published where is for whoever starts it to say.
ENV NODE_ENV=production WAL2ALGOLIA_HTTP_HOST=0.0.0.0 WAL2ALGOLIA_HTTP_PORT=8080
WORKDIR /app
# For `local algolia --data-dir /data`: a new volume takes its owner from here.
RUN install -d -o 1000 -g 1000 /data
COPY --from=packages /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json LICENSE NOTICE ./
COPY postgres postgres
COPY docker/*.sh docker/probe.js docker/
# By number, so that Kubernetes can tell that it is not root.
USER 1000:1000
EXPOSE 8080
STOPSIGNAL SIGTERM
# That the process lives: an orchestrator may replace what is unhealthy, and a standby or an outage of Algolia is no reason to.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
  CMD ["node", "/app/docker/probe.js", "http://127.0.0.1:8080/healthz"]
ENTRYPOINT ["node", "/app/dist/main.js"]
CMD ["--help"]
