# setup.sh -- what scripts/analyze and scripts/test need on a bare Debian 12 (or a current Ubuntu).
# Sourced, not run.  Installs only what is missing; needs root only then, and says what it will do.

BUILD_PACKAGES="gcc libc6-dev meson ninja-build pkg-config python3
  libisal-dev liblz4-dev libmd-dev libsmartcols-dev libsqlite3-dev libyajl-dev libzstd-dev uthash-dev zlib1g-dev"
TEST_PACKAGES="chromium chromium-driver clang clang-format g++ libclang-rt-dev gzip libcmocka-dev liblzf-dev lz4 python3-jsonschema python3-selenium redis-server sqlite3 zstd"

# A package's real name on this system (the clang runtime carries its version in its name).
package_name() {
    case $1 in
    libclang-rt-dev)
        if apt-cache show libclang-rt-14-dev >/dev/null 2>&1 ||
            dpkg-query -W libclang-rt-14-dev >/dev/null 2>&1; then
            echo libclang-rt-14-dev
        else
            echo "$(apt-cache search --names-only '^libclang-rt-[0-9]+-dev$' | sort -V | tail -n 1 | cut -d' ' -f1)"
        fi ;;
    *) echo "$1" ;;
    esac
}

is_installed() {
    dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q '^install ok installed$'
}

missing_packages() {
    for package in "$@"; do
        is_installed "$(package_name "$package")" || echo "$package"
    done
}

# ensure_packages NAME...: installs those that are missing, or says why it cannot.
ensure_packages() {
    local missing sudo=""
    command -v dpkg-query >/dev/null || { echo "setup: needs Debian or Ubuntu (dpkg); install by hand: $*" >&2; return 2; }
    missing=$(missing_packages "$@")
    [ -z "$missing" ] && return 0
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || { echo "setup: missing packages, and no root to install them: "$missing >&2; return 2; }
        sudo="sudo"
    fi
    echo "setup: installing "$missing >&2
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2 || return 2
    local names=""
    for package in $missing; do names="$names $(package_name "$package")"; done
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $names >/dev/null || {
        echo "setup: could not install:$names" >&2; return 2; }
}

# ensure_build DIR [MESON OPTION...]: configures once, compiles what changed; quiet unless it fails.
ensure_build() {
    local dir=$1 log; shift
    log=$(mktemp) || return 2
    if { [ -f "$dir/build.ninja" ] || meson setup "$dir" "$@" >"$log" 2>&1; } && ninja -C "$dir" >"$log" 2>&1; then
        rm -f "$log"
    else
        cat "$log" >&2; rm -f "$log"
        echo "setup: the build in $dir failed" >&2
        return 2
    fi
}
