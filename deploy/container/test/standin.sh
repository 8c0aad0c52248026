# shellcheck shell=sh
# Sourced by compose-test.sh: images where none can be pulled. Both are made from Debian
# packages and this machine's Go, and get the names that the Dockerfile and
# docker-compose.yml use. Only ever in an engine that the test provided itself.
# It uses say, stop, $here and $work of its caller, and engine_packages.
# shellcheck disable=SC2154 # $here and $work

standin_go=$(sed -n 's/^ARG GO_IMAGE=//p' "$here/Dockerfile")
standin_postgres=$(sed -n 's/^    image: \(postgres:.*\)/\1/p' "$here/../../docker-compose.yml")

# standin_images pulls what the build and the compose file need, or makes it.
standin_images() {
  if timeout 300 docker pull -q "$standin_go" >"$work/pull.log" 2>&1 && timeout 300 docker pull -q "$standin_postgres" >>"$work/pull.log" 2>&1; then
    say "pulled $standin_go and $standin_postgres"
    return
  fi
  say "no image can be pulled here ($(tail -n 1 "$work/pull.log" | cut -c 1-120))"
  standin_rootfs
  standin_make_go
  standin_make_postgres
  rm -rf "$work/rootfs"
}

# standin_rootfs is Debian with PostgreSQL, and this machine's certificates.
standin_rootfs() {
  command -v go >/dev/null || stop "go is missing: install it, or let the engine reach a registry for images"
  command -v debootstrap >/dev/null || engine_packages debootstrap
  say "making a Debian root with PostgreSQL from packages (about a minute)"
  # shellcheck disable=SC2086 # DEBIAN_MIRROR is one word or none: Debian's own mirror
  timeout 900 debootstrap --variant=minbase --include=ca-certificates,tzdata,postgresql-15 bookworm \
    "$work/rootfs" ${DEBIAN_MIRROR:-} >"$work/debootstrap.log" 2>&1 || { tail -n 5 "$work/debootstrap.log" >&2; stop "debootstrap: see above"; }
  cp /etc/ssl/certs/ca-certificates.crt "$work/rootfs/etc/ssl/certs/"
}

standin_make_go() {
  say "making a stand-in for $standin_go"
  cp -a "$(go env GOROOT)" "$work/rootfs/usr/local/go"
  standin_import "$standin_go" './usr/lib/postgresql ./usr/local/go/test ./usr/local/go/doc' \
    --change 'ENV PATH=/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
}

# standin_make_postgres gives the user postgres the id that it has in the real image.
standin_make_postgres() {
  say "making a stand-in for $standin_postgres"
  chroot "$work/rootfs" sh -c 'groupmod -g 999 postgres && usermod -u 999 postgres && rm -rf /var/lib/postgresql &&
    install -d -o postgres -g postgres /var/lib/postgresql && install -d -m 1777 -o postgres -g postgres /var/lib/postgresql/data' >/dev/null
  install -m 0755 "$here/test/standin-postgres.sh" "$work/rootfs/usr/local/bin/docker-entrypoint.sh"
  standin_import "$standin_postgres" ./usr/local/go \
    --change 'ENV PATH=/usr/lib/postgresql/15/bin:/usr/local/bin:/usr/bin:/bin' --change 'ENV PGDATA=/var/lib/postgresql/data' \
    --change 'VOLUME /var/lib/postgresql/data' --change 'ENTRYPOINT ["docker-entrypoint.sh"]' --change 'CMD ["postgres"]'
}

# standin_import NAME 'LEFT OUT...' [docker import option...]: what neither image needs, such
# as the compiler for PostgreSQL's queries, stays out of both.
standin_import() {
  image=$1
  {
    echo "$2" | tr ' ' '\n'
    printf '%s\n' './usr/lib/llvm*' './usr/lib/*/libLLVM*' ./usr/share/doc ./usr/share/man ./usr/share/locale ./var/cache/apt ./var/lib/apt
  } > "$work/left-out"
  shift 2
  tar -C "$work/rootfs" --exclude-from "$work/left-out" -c . | docker import "$@" - "$image" >/dev/null
}
