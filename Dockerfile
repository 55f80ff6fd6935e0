# Every image of this project that is built from its own sources.
#
#   docker build --target operator -t ecommerce-operator:dev .
#   docker build --target service --build-arg SERVICE=product -t product-service:1.0.0 .
#   docker build --target postgres -t postgres:17 .
#
# The stages that are shipped (operator, service and what they build on) hold no RUN, only COPY and settings, and services
# share every layer but their last. The embedded cluster of lab/, which has neither an image registry nor a Docker
# engine, executes these very stages itself (lab/images/compose.ts), so that a changed service is an image again within
# milliseconds. The stages with RUN it replaces: `runtime` by its own Debian, `*-modules` by the checkout's packages,
# `*-program` by the checkout's sources.

# The version is that of the package "node" in package.json.
ARG NODE_IMAGE=docker.io/library/node:26.10.0-bookworm-slim
ARG RUNTIME_IMAGE=docker.io/library/debian:bookworm-slim
ARG POSTGRES_IMAGE=docker.io/library/postgres:17-bookworm

FROM ${NODE_IMAGE} AS node

FROM node AS modules
WORKDIR /app
COPY package.json package-lock.json ./
# The versions of package-lock.json; why this is not `npm ci` stands in the Makefile.
RUN npm install --omit=dev --no-save --ignore-scripts --no-audit --no-fund
COPY scripts/image-modules.ts scripts/image-stand-ins.ts scripts/

# The packages that services import, without what only the operator needs; the lists are in scripts/image-modules.ts.
FROM modules AS service-modules
RUN node scripts/image-modules.ts services /out/node_modules

FROM modules AS operator-modules
RUN node scripts/image-modules.ts operator /out/node_modules

# The sources as JavaScript: a process that loads no TypeScript parser starts faster and needs 14 MiB less.
FROM node AS program
WORKDIR /app
COPY package.json ./
COPY scripts/image-program.ts scripts/

FROM program AS service-program
COPY services/ services/
RUN node --disable-warning=ExperimentalWarning scripts/image-program.ts /out services

FROM program AS operator-program
COPY services/contracts/ services/contracts/
COPY operator/ operator/
RUN node --disable-warning=ExperimentalWarning scripts/image-program.ts /out services/contracts operator

# What a slim Debian does not have: the one library that node links to, and the allocator that operator and services use.
FROM ${RUNTIME_IMAGE} AS runtime
RUN apt-get update -q \
 && apt-get install -y -q --no-install-recommends libatomic1 libjemalloc2 \
 && rm -rf /var/lib/apt/lists/*

# Debian and the node program; npm stays outside.
FROM runtime AS base
COPY --from=node /usr/local/bin/node /usr/local/bin/
ENV NODE_ENV=production
USER 10001:10001
WORKDIR /app

# What all services share, from what changes least to what changes most.
FROM base AS service-base
COPY --from=service-modules /out/node_modules/ node_modules/
COPY package.json ./
COPY --from=service-program /out/services/contracts/ services/contracts/
COPY --from=service-program /out/services/chassis/ services/chassis/

# One service; arguments: serve (default), migrate and what else its main offers.
FROM service-base AS service
ARG SERVICE=give--build-arg-SERVICE
COPY --from=service-program /out/services/${SERVICE}/ services/${SERVICE}/
WORKDIR /app/services/${SERVICE}
# Nine of them wait beside each other in a small cluster: young objects get 1 MiB instead of 16, the heap grows by tenths and is
# collected before it does, code that runs often is compiled once (Maglev; undici's parser, which is WebAssembly, by Liftoff), one
# thread helps V8, and freed memory goes back to the system after a tenth of a second. In Production the operator starts them with
# all of V8's compilers. docs/adr/0016-memory.md has figures.
ENV LD_PRELOAD=libjemalloc.so.2
ENV MALLOC_CONF=narenas:1,tcache:false,dirty_decay_ms:100,muzzy_decay_ms:0
ENTRYPOINT ["node", "--max-semi-space-size=1", "--heap-growing-percent=10", "--no-sparkplug", "--no-turbofan", "--liftoff-only", "--v8-pool-size=1", "--optimize-for-size", "main.js"]
CMD ["serve"]

FROM base AS operator
COPY --from=operator-modules /out/node_modules/ node_modules/
COPY package.json ./
COPY --from=operator-program /out/ ./
# An operator mostly waits, and its memory is what a cluster pays for all day: young objects get 1 MiB instead of 16, code
# is compiled when it is hot (Maglev) and neither before nor better, the heap is collected before it grows, one thread helps
# V8 instead of four, two look up names and make keys, and freed memory goes back to the system at once, which glibc does
# for the end of its heap only. docs/adr/0016-memory.md has figures.
ENV UV_THREADPOOL_SIZE=2
ENV LD_PRELOAD=libjemalloc.so.2
ENV MALLOC_CONF=narenas:1,tcache:false,dirty_decay_ms:0,muzzy_decay_ms:0
ENTRYPOINT ["node", "--max-semi-space-size=1", "--no-sparkplug", "--no-turbofan", "--v8-pool-size=1", "--optimize-for-size", "operator/main.js"]

# The official image with Patroni, from the PostgreSQL project's own package archive that the image is set up for.
# Patroni is the first process: it starts, stops and promotes the server, and keeps its state in Kubernetes.
FROM ${POSTGRES_IMAGE} AS postgres
RUN apt-get update -q \
 && apt-get install -y -q --no-install-recommends patroni curl \
 && rm -rf /var/lib/apt/lists/*
# The official image stops with SIGINT, which PostgreSQL takes for a "fast" shutdown. The first process here is Patroni: it
# does nothing at SIGINT, and the pod would be killed after its grace period; at SIGTERM it stops the server fast.
STOPSIGNAL SIGTERM
USER 999:999
ENTRYPOINT []
CMD ["patroni", "/etc/patroni/patroni.yml"]
