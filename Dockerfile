# One image for api, worker and migrate; what runs is chosen by the command.
FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
COPY shared/package.json shared/
COPY api/package.json api/
COPY worker/package.json worker/
COPY loadtest/package.json loadtest/
COPY local/package.json local/
# Only what production runs: no embedded stores, no load test.
RUN npm ci --omit=dev --no-audit --no-fund \
      --workspace shared --workspace api --workspace worker --include-workspace-root

FROM node:24-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 LIVENESS_FILE=/tmp/worker-alive
# Why: docs/performance.md, "Memory".
ENV NODE_OPTIONS="--max-semi-space-size=16 --max-old-space-size=512"
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY package.json tsconfig.base.json tsconfig.json ./
COPY shared shared
COPY api api
COPY worker worker
USER node
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:'+process.env.PORT+'/livez').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))"]
CMD ["node", "--import", "tsx", "api/src/main.ts"]
