# The front door: `make help` lists the targets. Each is one npm script; the work is in scripts/ and lab/.
#
# CLUSTER=lab|kind|current chooses where the shop runs; without it: where `up` went last, else kind where Docker and kind
# are there, else lab.
# NAME=shop names the cluster, so that several can run side by side.

export CLUSTER
NAME ?= shop
LAB := npm run --silent lab --
SETUP_MARK := node_modules/.setup-mark
# Takes the versions of package-lock.json and leaves the file as it is. `npm ci` would refuse it where it lacks entries of
# optional packages for other platforms, which npm writes only for those that its registry served. npm itself may run
# under an older Node, so its warnings about engines are not shown.
INSTALL := npm install --no-save --no-fund --no-audit --loglevel=error

.DEFAULT_GOAL := help
.PHONY: help setup generate check test up seed down status logs load run bench docs

help: ## list the targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo '  CLUSTER=lab|kind|current  where the shop runs (found out when left out)'
	@echo '  NAME=shop                 name of the cluster'

setup: ## install the project's own Node and packages, when package-lock.json changed
	@cksum package-lock.json | cmp -s - $(SETUP_MARK) || { \
	  echo 'installing Node and the packages of package-lock.json (a minute)'; \
	  $(INSTALL) && cksum package-lock.json > $(SETUP_MARK); }

generate: setup ## write the generated files anew: CRD, RBAC, reference documents
	@npm run --silent generate

check: setup ## types, lint, generated files up to date
	@npm run --silent check

test: setup ## check and every tier of tests that this machine can run
	@npm run --silent test:all

up: setup ## from nothing to a running shop; again: bring it up to date
	@$(LAB) up --name $(NAME)

down: setup ## remove the cluster and all that belongs to it; caches stay
	@$(LAB) down --name $(NAME)

seed: setup ## fill the running shop with products, stock, accounts and coupons; again: adds what is missing
	@npm run --silent seed -- --name $(NAME)

status: setup ## the stack, its parts and its pods
	@$(LAB) status --name $(NAME)

logs: setup ## follow the operator's log
	@$(LAB) logs --name $(NAME)

load: setup ## rebuild images from the checkout and restart what runs them: make load ONLY=product
	@$(LAB) load $(ONLY) --name $(NAME)

run: setup ## run the operator from the checkout in place of the one in the cluster; Ctrl-C gives it back
	@$(LAB) run --name $(NAME)

bench: setup ## measure against the limits in bench/
	@npm run --silent bench

docs: setup ## write the reference documents anew and check the links in all documents
	@npm run --silent generate
	@npm run --silent docs
