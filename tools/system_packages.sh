#!/bin/sh
# Install the system packages that some tests need, where that is possible without asking; otherwise say how.
# Never fails: a test whose program is missing is skipped.
packages=""
skipped=""
needs() { # package, what is skipped without it
    packages="${packages:+$packages }$1"
    skipped="${skipped}The $2 tests will be skipped without $1.
"
}
for browser in chromium chromium-browser google-chrome; do
    command -v "$browser" >/dev/null 2>&1 && found=yes
done
[ -d "/Applications/Google Chrome.app" ] || [ -d "/Applications/Chromium.app" ] && found=yes
[ -n "${found:-}" ] || needs chromium browser
PATH="$PATH:/usr/sbin:/usr/local/sbin" command -v dovecot >/dev/null 2>&1 || needs dovecot-imapd mailbox
[ -n "$packages" ] || exit 0
if command -v apt-get >/dev/null 2>&1; then
    install="apt-get install -y --no-install-recommends $packages"
    if [ "$(id -u)" = 0 ]; then
        echo "Installing for the tests: $packages"
        log=$(mktemp)
        if { apt-get update -q && DEBIAN_FRONTEND=noninteractive $install; } >"$log" 2>&1 </dev/null; then
            rm -f "$log"
            exit 0
        fi
        tail -n 3 "$log"
        rm -f "$log"
    fi
    printf '%s' "$skipped"
    echo "To run them: sudo $install"
else
    printf '%s' "$skipped"
    echo "To run them, install these (macOS: brew install --cask chromium; brew install dovecot)."
fi
exit 0
