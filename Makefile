# For people who type make: each target is one line over npm, where the work is described.
.DEFAULT_GOAL := help
COMPOSE ?= docker compose

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /	/' | expand -t 20

install: ## install exactly what package-lock.json names
	npm ci

run: ## start Vestibule with its own database and mailbox
	npm start

dev: ## the same, restarting when a file changes
	npm run dev

test: ## every test that runs on a machine with npm alone
	npm test

test-unit: ## the tests beside the source: no database, no network
	npm run test:unit

test-integration: ## the tests on a real PostgreSQL and over real sockets
	npm run test:integration

check: ## types, lint and format, import law, unused code
	npm run check

migrate: ## bring the schema of DATABASE_URL up to date
	npm run migrate -- up

docker-up: ## build and start Vestibule, PostgreSQL and Mailpit in containers
	$(COMPOSE) up --build --detach

docker-down: ## stop the containers; the data stays
	$(COMPOSE) down

docker-logs: ## follow what the containers print
	$(COMPOSE) logs --follow

docker-test: ## run the whole test suite in containers
	$(COMPOSE) -p vestibule-tests -f compose.yaml -f compose.test.yaml up --build --abort-on-container-exit --exit-code-from tests

clear-data: ## stop the containers and delete their data; delete .data as well
	$(COMPOSE) down --volumes
	rm -rf .data

.PHONY: help install run dev test test-unit test-integration check migrate docker-up docker-down docker-logs docker-test clear-data
