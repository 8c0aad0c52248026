# shellcheck shell=sh
# Sourced by compose-test.sh: a container engine, found or provided. What is provided lives
# under $work, listens on a socket there, and is gone after engine_stop.
# It uses say, stop and $work of its caller.
# shellcheck disable=SC2154 # $work

engine_pid=''
engine_own=no

# engine_find makes docker and a compose command work, or stops with what to do.
engine_find() {
  if docker info >/dev/null 2>&1 && have_compose; then
    say "using the container engine that answers"
    return
  fi
  [ "$(uname)" = Linux ] || stop "no container engine answers: start Docker, with its compose plugin"
  [ "$(id -u)" = 0 ] || stop "no container engine answers: start Docker, or run this as root to get one for the test"
  engine_install
  engine_start
}

engine_install() {
  missing=''
  command -v dockerd >/dev/null || missing="$missing docker.io"
  command -v iptables >/dev/null || missing="$missing iptables"
  have_compose || missing="$missing docker-compose"
  # shellcheck disable=SC2086 # a list
  [ -z "$missing" ] || engine_packages $missing
}

# engine_packages NAME... installs Debian packages.
engine_packages() {
  command -v apt-get >/dev/null || stop "install $* first: there is no apt-get to do it"
  say "installing $*"
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 install -y --no-install-recommends "$@" \
    >"$work/apt.log" 2>&1 || { tail -n 20 "$work/apt.log" >&2; stop "apt-get install $*: see above; apt-get update may help"; }
}

# engine_start runs dockerd, first on overlay2 and where that is impossible on plain copies.
engine_start() {
  engine_own=yes
  engine_forwarding=$(cat /proc/sys/net/ipv4/ip_forward)
  engine_policy=$(iptables -S FORWARD 2>/dev/null | sed -n 's/^-P FORWARD //p')
  export DOCKER_HOST="unix://$work/docker.sock"
  for driver in overlay2 vfs; do
    say "starting dockerd with the storage driver $driver"
    # A session of its own, so that it outlives an interrupted test long enough to clean up;
    # timeout ends it should the test never come to that.
    setsid timeout --kill-after=30 3600 dockerd --host "$DOCKER_HOST" --storage-driver "$driver" \
      --data-root "$work/data-$driver" --exec-root "$work/exec" --pidfile "$work/docker.pid" >"$work/dockerd.log" 2>&1 &
    engine_pid=$!
    engine_answers && return
    engine_end
  done
  tail -n 20 "$work/dockerd.log" >&2
  stop "dockerd does not start here: see above"
}

# engine_answers waits up to half a minute.
engine_answers() {
  tries=0
  until docker info >/dev/null 2>&1; do
    tries=$((tries + 1))
    { [ "$tries" -le 60 ] && kill -0 "$engine_pid" 2>/dev/null; } || return 1
    sleep 0.5
  done
}

engine_end() {
  kill "$engine_pid" 2>/dev/null || true
  wait "$engine_pid" 2>/dev/null || true
  engine_pid=''
}

# engine_stop ends what engine_start began, and takes back what it changed in the network.
engine_stop() {
  [ "$engine_own" = yes ] || return 0
  [ -z "$engine_pid" ] || engine_end
  engine_own=no
  sed -n "s|^[^ ]* \($work/[^ ]*\) .*|\1|p" /proc/mounts | sort -r | while read -r mount; do umount "$mount" || true; done
  # Another engine on this machine would own the same chains.
  [ ! -S /var/run/docker.sock ] || return 0
  iptables-save 2>/dev/null | grep -vi docker | iptables-restore
  [ -z "$engine_policy" ] || iptables -P FORWARD "$engine_policy"
  ip link delete docker0 2>/dev/null || true
  echo "$engine_forwarding" > /proc/sys/net/ipv4/ip_forward
}
