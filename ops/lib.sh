# shellcheck shell=bash disable=SC2034
# What the commands in this folder share. Sourced, never run.

OPS=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")
ROOT=$(dirname -- "$OPS")
STATE=$(realpath -m -- "${ZENTRIQ_STATE:-$ROOT/.zentriq}")
CONFIG=$STATE/config.env
PACKAGES=(ca-certificates curl libpq-dev libssl-dev openssl pkg-config postgresql-15 postgresql-15-pgaudit)
MINIMUM_SWIFT=6.2
DRAIN_SECONDS=35

say() { printf '%s\n' "$*"; }

# One line: what is wrong, and what to do next.
die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

as_root() {
    if ((EUID == 0)); then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "needs root or sudo; run this as root, then try again: $*"
    fi
}

apt_install() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 \
        install --yes --no-install-recommends "$@" </dev/null ||
        die "apt-get could not install: $*; see its message above, then try again"
}

is_installed() { [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

# Installs what dpkg says is missing of PACKAGES; asks for root only then.
install_packages() {
    local package missing=()
    command -v dpkg-query apt-get >/dev/null || die "this is made for Debian 12; install by hand: ${PACKAGES[*]}"
    for package in "${PACKAGES[@]}"; do
        is_installed "$package" || missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    say "Installing ${missing[*]}"
    as_root apt-get -qq -o DPkg::Lock::Timeout=300 update </dev/null ||
        die "apt-get update failed; check the network and /etc/apt, then try again"
    # Debian's package would create and start a server of the system; this project brings its own.
    if [[ " ${missing[*]} " == *" postgresql-15 "* ]]; then
        apt_install postgresql-common
        as_root sed -ri 's/^#?\s*create_main_cluster\s*=.*/create_main_cluster = false/' \
            /etc/postgresql-common/createcluster.conf
    fi
    apt_install "${missing[@]}"
}

# Puts a new enough Swift on PATH.
need_swift() {
    local folder version
    for folder in "" /opt/swift/usr/bin; do
        version=$(PATH=${folder:+$folder:}$PATH swift --version 2>/dev/null |
            sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1) || true
        if [[ -n $version ]] && printf '%s\n' "$MINIMUM_SWIFT" "$version" | sort --version-sort --check=quiet; then
            PATH=${folder:+$folder:}$PATH
            return 0
        fi
    done
    die "Swift $MINIMUM_SWIFT or newer is needed: https://www.swift.org/install/linux/ (Debian 12)," \
        "then run $0 again"
}

# build CONFIGURATION [swift build arguments…]
build() {
    swift build --package-path "$ROOT" --configuration "$1" "${@:2}" </dev/null ||
        die "the build failed; see the compiler's message above"
}

# The newest executable built; fails when there is none.
built_executable() {
    local newest="" candidate
    for candidate in "$ROOT"/.build/{release,debug}/zentriq; do
        [[ -x $candidate && (-z $newest || $candidate -nt $newest) ]] && newest=$candidate
    done
    [[ -n $newest ]] && printf '%s\n' "$newest"
}

# Exports the KEY=VALUE lines of a file. Values are taken as they stand: no quoting, no expansion.
load_env() {
    local line
    while IFS= read -r line || [[ -n $line ]]; do
        [[ $line =~ ^[A-Z][A-Z0-9_]*= ]] && export "${line?}"
    done <"$1"
    return 0
}

# env_value KEY FILE: its value; empty when the key or the file is not there.
env_value() { if [[ -f $2 ]]; then sed -n "s/^$1=//p" "$2"; fi; }

# Whether something listens on this port of the loopback interface.
port_is_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# The process id of the service that runs on this state; fails when there is none. The environment it was
# started with tells it from a stranger that has got its number.
service_pid() {
    local pid
    pid=$(cat -- "$STATE/zentriq.pid" 2>/dev/null) || return 1
    grep --quiet -zxF "ZENTRIQ_DATA_DIRECTORY=$STATE" "/proc/$pid/environ" 2>/dev/null || return 1
    printf '%s\n' "$pid"
}

service_ends_within() {
    local deadline=$((SECONDS + $1))
    while service_pid >/dev/null; do
        ((SECONDS < deadline)) || return 1
        sleep 0.1
    done
}

# The service finishes the requests it has; only one that does not is killed.
stop_service() {
    local pid
    if pid=$(service_pid); then
        kill -TERM "$pid"
        if ! service_ends_within "$DRAIN_SECONDS"; then
            say "The service did not end within $DRAIN_SECONDS s and was killed."
            kill -KILL "$pid" 2>/dev/null || true
            service_ends_within 5 || die "process $pid cannot be killed; look at it with: ps -fp $pid"
        fi
    fi
    rm -f -- "$STATE/zentriq.pid"
}
