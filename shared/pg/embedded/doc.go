// Package embedded runs a private PostgreSQL as a child of this process, for
// programs that should work with nothing configured.
//
// Everything lies in one folder, Config.Dir/postgres: the cluster, its generated
// superuser password (0600), the socket and the log. There is no TCP listener.
// fsync stays on, so what was committed survives a power cut.
//
// The invariants: a data folder has one owner at a time, by a kernel lock that
// ends with its process; a cluster is complete or absent, because it is made
// beside its place and renamed; and no start needs a manual step, whatever killed
// the last run. A left-over server is stopped and started again, never shared. A
// server that dies while its owner lives is started again.
//
// PostgreSQL refuses to run as root. A root process therefore runs it as postgres
// (or nobody), who cannot pass through a folder such as /root. The cluster then
// lies in /var/lib/NAME-XXXXXXXX, NAME being that of Config.Dir, and
// Config.Dir/postgres is a link to it. Removing the link gives up the data; the
// next start begins a new cluster. To avoid that, make Config.Dir and everything
// above it passable (mode 0711) beforehand.
//
// The programs are those of the machine (PATH, the folders of Debian, Red Hat and
// Homebrew), in the major version that made the cluster, and otherwise fetched by
// github.com/fergusstrange/embedded-postgres.
//
// Next door: pg opens pools and migrates; pg/internal/cluster runs the process.
package embedded
