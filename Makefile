# make demo | test | test-addons | lint | docs | bench: each works by itself on a machine that has Python 3.11 or 3.12 and make.
# A Python of another name: make test PYTHON=python3.12

PYTHON ?= python3
BIN := .venv/bin
RUN := runs/demo
WATCHED := tests/callbacks tests/commands tests/penalties tests/report tests/runs tests/updates

# Each file's tests in one of them, and files in the order of tests/conftest.py.
WORKERS := -n 2 --dist loadfile --no-loadscope-reorder

# The contracts of the families, on the older stack, which wants Python 3.11; tests/keras2.py has what is left out.
OLDER := .venv-addons/bin
PYTHON311 ?= $(shell command -v python3.11 || echo $(PYTHON))
CONTRACTS := tests/addons tests/losses/test_contract.py tests/penalties/test_contract.py \
	tests/penalties/test_orthogonal.py tests/test_game.py tests/updates/test_own_optimizer.py \
	tests/updates/test_overflow.py tests/layers/test_contract.py tests/layers/test_spectral.py \
	tests/layers/test_values.py tests/networks tests/models/test_gan.py tests/test_resume.py \
	tests/callbacks/test_checkpoint.py tests/callbacks/test_progress.py tests/export/test_saved_model.py \
	tests/commands/test_doctor.py tests/commands/test_train.py

.PHONY: demo test test-addons lint docs bench

demo: .venv/kgan
	$(BIN)/kgan train --flagfile=examples/demo.txt --run_dir=$(RUN)
	$(BIN)/kgan sample --saved_model=$(RUN)/saved_model --out=$(RUN)/samples.png
	@echo
	@echo "the whole run on one page           $(RUN)/report.html"
	@echo "samples of the exported generator   $(RUN)/samples.png"
	@echo "how they came to be                 $(RUN)/samples/"
	@echo "losses and gradient norms           $(RUN)/curves.png"
	@echo "the generator, for any TensorFlow   $(RUN)/saved_model/"

test: .venv/dev
	@# In parts, each with workers of its own: what hundreds of traced models leave behind is given back in between.
	@# Every part is run, whatever became of the one before.
	@status=0; \
	for part in "tests/models" "$(WATCHED)" "--ignore=tests/models $(WATCHED:%=--ignore=%)"; do \
		$(BIN)/python -m pytest $(WORKERS) $$part || status=1; \
	done; \
	exit $$status

# Beside the newer stack's kgan, with whose results some of the older one's are compared.
test-addons: .venv-addons/dev .venv/kgan
	$(OLDER)/python -m pytest $(WORKERS) $(CONTRACTS)

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

# The plugins' advertisements are off.
docs: .venv/dev
	NO_MKDOCS_2_WARNING=1 DISABLE_MKDOCS_2_WARNING=true $(BIN)/mkdocs build --strict
	@echo "the site                            build/site/index.html"

bench: .venv/dev
	$(BIN)/python -m benchmarks.speed

# Stamps: made anew when what is asked for changes.
.venv/kgan: setup.py requirements.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v <= (3, 12) else \
	"the tested versions want Python 3.11 or 3.12, $(PYTHON) is %d.%d: make PYTHON=python3.12, say" % v)'
	$(PYTHON) -m venv .venv
	@echo "installing kgan into .venv: some minutes the first time"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --editable . --constraint requirements.txt
	@touch $@

.venv/dev: .venv/kgan
	@echo "installing what the tests need into .venv"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --editable ".[dev]" --constraint requirements.txt
	@touch $@

.venv-addons/dev: setup.py requirements-addons.txt
	@$(PYTHON311) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if v == (3, 11) else \
	"tensorflow-addons wants Python 3.11, $(PYTHON311) is %d.%d: make test-addons PYTHON311=..." % v)'
	$(PYTHON311) -m venv .venv-addons
	@echo "installing the older stack into .venv-addons: some minutes the first time"
	@$(OLDER)/python -m pip install -qq --disable-pip-version-check --editable ".[addons]" pytest pytest-xdist hypothesis \
		--constraint requirements-addons.txt
	@touch $@
