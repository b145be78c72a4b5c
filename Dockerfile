# Every image of the system: `docker build --target gateway .`, and likewise ingester, migrate, simulator and standalone.
# Node.js comes from the release line with long-term support; the images hold its binary and no package manager.
ARG NODE_IMAGE=node:26-slim
ARG BASE_IMAGE=debian:trixie-slim

FROM ${NODE_IMAGE} AS build
ENV CI=true
WORKDIR /repository
COPY package.json ./
RUN npm install --global --no-fund --no-audit --no-update-notifier "$(node -p 'require("./package.json").packageManager')" \
 && pnpm config set --global store-dir /pnpm/store
# The lockfile alone decides what is downloaded, so a change of the sources downloads nothing.
COPY pnpm-lock.yaml pnpm-workspace.yaml ./
RUN --mount=type=cache,id=pnpm,target=/pnpm/store pnpm fetch
# What runs the programs: Node's binary, and from Node 26 on a library of GCC's that a slim base lacks.
RUN install -D -t /runtime/usr/local/bin "$(command -v node)" \
 && for library in $(ldd "$(command -v node)" | awk '/libatomic/ { print $3 }'); do install -D -m 644 -t /runtime/usr/lib "$library"; done
COPY . .
RUN --mount=type=cache,id=pnpm,target=/pnpm/store pnpm install --offline --frozen-lockfile && pnpm build
# Each program with what it needs to run, and nothing else: Prisma ships a compiler for every database it knows, in every
# module format, and declarations and maps serve editors only.
RUN --mount=type=cache,id=pnpm,target=/pnpm/store \
    for program in gateway ingester event-log discord-simulator standalone; do \
      pnpm --filter "@dms/$program" deploy --prod --legacy --offline "/programs/$program" || exit 1; \
    done \
 && find /programs -type f \( -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.map' -o -name .tsbuildinfo \
      -o -name 'query_compiler_*' ! -name 'query_compiler_fast_bg.postgresql.*mjs' \) -delete \
 && mkdir /data

FROM ${BASE_IMAGE} AS program
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Discord Message Streamer" \
      org.opencontainers.image.description="One Discord bot connection in, any number of readers out" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /runtime/ /
ENV NODE_ENV=production ENVIRONMENT=production
WORKDIR /app
# A number, so that an orchestrator can see that it is not root.
USER 1000:1000

FROM program AS gateway
COPY --from=build /programs/gateway ./
ENV PORT=3000 METRICS_PORT=9464
EXPOSE 3000 9464
HEALTHCHECK --interval=3s --timeout=5s --start-period=60s --retries=10 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/ready`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/main.js"]

FROM program AS ingester
COPY --from=build /programs/ingester ./
ENV METRICS_PORT=9464
EXPOSE 9464
HEALTHCHECK --interval=3s --timeout=5s --start-period=60s --retries=10 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.METRICS_PORT}/health/ready`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/main.js"]

FROM program AS migrate
COPY --from=build /programs/event-log ./
COPY prisma/migrations ./prisma/migrations
CMD ["node", "dist/bin/migrate.js"]

FROM program AS simulator
COPY --from=build /programs/discord-simulator ./
EXPOSE 4590
HEALTHCHECK --interval=3s --timeout=5s --start-period=60s --retries=10 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:4590/_sim/status').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/main.js"]
CMD ["--host", "0.0.0.0", "--port", "4590"]

# Everything in one container, with the embedded database in a volume. The last stage, so it is what `docker build .` makes. Run
# with --read-only it also needs --tmpfs /tmp, for the database's socket.
FROM program AS standalone
COPY --from=build /programs/standalone ./
COPY prisma/migrations ./prisma/migrations
# A new volume takes over this folder's owner.
COPY --from=build --chown=1000:1000 /data /data
ENV PORT=3000 DATA_DIR=/data
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=3s --timeout=5s --start-period=60s --retries=10 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/ready`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/main.js"]
