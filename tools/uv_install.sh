#!/bin/sh
# Install into .venv with uv: at first with uv's own certificates, then with the machine's, which a company's proxy may need.
# Compiled here, once: where PYTHONDONTWRITEBYTECODE is set, every start would compile everything again, for seconds.
install() {
    .venv/bin/uv pip install --quiet --compile-bytecode --python .venv/bin/python "$@"
}
first=$(install "$@" 2>&1) && exit 0
install --system-certs "$@" && exit 0
printf 'Without the certificates of this machine it had said:\n%s\n' "$first" >&2
exit 1
