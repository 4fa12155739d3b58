# There is no build stage, because Node 24 runs TypeScript. The gateway writes only to /data: run it with --read-only and a volume at /data.
FROM node:24-slim

ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=3000 \
    DATA_DIR=/data
WORKDIR /app

COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts && npm cache clean --force

COPY src ./src
COPY openapi ./openapi

RUN mkdir -m 700 /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 3000

HEALTHCHECK --interval=10s --timeout=3s --start-period=15s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/livez`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]

# The same as npm start: a small young generation (MiB) is collected often, which also frees the bytes of rows (docs/adr/0018).
# The allocator has two arenas, and keeps up to 16 MiB of freed memory for the next block of a file (docs/adr/0018).
# No core dump, because the memory of the process holds personal data (SECURITY.md).
CMD ["sh", "-c", "ulimit -c 0; MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=524288 MALLOC_TRIM_THRESHOLD_=16777216 exec node --max-semi-space-size=4 src/main.ts"]
