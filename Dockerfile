# No build stage: Node 24 runs the TypeScript as it is. Only /data is written; run with --read-only and a volume there.
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

# As npm start does: a small young generation (MiB) is collected often, and the bytes of rows with it (docs/adr/0018).
# No core dump: the memory of the process holds what people sent (SECURITY.md).
CMD ["sh", "-c", "ulimit -c 0; exec node --max-semi-space-size=4 src/main.ts"]
