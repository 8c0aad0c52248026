package embedded

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/shared/pg/internal/cluster"
)

// Config says where the database lives.
type Config struct {
	Dir  string // data folder; made if missing
	Hint string // what else a user can do who has no PostgreSQL, as the end of a sentence
	Log  zerolog.Logger

	repository string // where programs are fetched from; "" is the library's own
}

// Server is a running database. Its methods may be called at once.
type Server struct {
	home     string // folder of everything
	password string
	launch   cluster.LaunchConfig
	lock     *os.File
	log      zerolog.Logger

	stopOnce sync.Once
	stopping context.CancelFunc // tells supervise to end
	stopCtx  context.Context    //nolint:containedctx // bounds the shutdown; written before stopping is called
	ended    chan struct{}
	stopErr  error // readable after ended
}

// Start runs the database of a data folder and returns when it accepts
// connections. The first start makes the cluster. It returns a *BusyError when
// another process runs the same folder. Ending ctx ends the start, not the server:
// call Stop for that.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	s, err := start(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("start embedded database: %w", err)
	}
	return s, nil
}

func start(ctx context.Context, cfg Config) (_ *Server, err error) {
	home, account, err := place(cfg.Dir)
	if err != nil {
		return nil, err
	}
	lock, err := lockFolder(home)
	if err != nil {
		return nil, err
	}
	s := &Server{home: home, lock: lock, log: cfg.Log, ended: make(chan struct{})}
	defer func() {
		if err != nil {
			s.release()
		}
	}()
	install, err := programs(ctx, cfg, home, account)
	if err != nil {
		return nil, err
	}
	if err := ensureCluster(ctx, home, install, account); err != nil {
		return nil, err
	}
	if err := cluster.Reclaim(ctx, dataOf(home)); err != nil {
		return nil, err
	}
	return s, s.run(ctx, install, account)
}

// run launches the first process and hands it to supervise.
func (s *Server) run(ctx context.Context, install cluster.Install, account cluster.Account) error {
	password, err := os.ReadFile(passwordOf(s.home))
	if err != nil {
		return fmt.Errorf("read password of the database: %w", err)
	}
	socket, err := cluster.SocketFolder(filepath.Join(s.home, "run"), account)
	if err != nil {
		return fmt.Errorf("make folder of the socket: %w", err)
	}
	s.password = strings.TrimSpace(string(password))
	s.launch = cluster.LaunchConfig{
		Install:  install,
		Account:  account,
		Data:     dataOf(s.home),
		Socket:   socket,
		Log:      filepath.Join(s.home, logName),
		Settings: settings(install.Major),
		Orphan:   syscall.SIGINT,
	}
	if err := rotateLog(s.launch.Log); err != nil {
		return err
	}
	process, err := s.launchPatiently(ctx)
	if err != nil {
		return err
	}
	s.log.Info().Str("version", install.Version).Str("folder", s.home).Int("pid", process.PID()).Msg("embedded database started")
	alive, stopping := context.WithCancel(context.WithoutCancel(ctx))
	s.stopping = stopping
	go s.supervise(alive, process)
	return nil
}

// URL returns the administrator's URL. It holds the password.
func (s *Server) URL() string {
	return administratorURL(s.launch.Socket, s.password)
}

// Stop shuts the database down and releases the data folder. Open transactions
// roll back. When ctx ends, or after thirty seconds, the server is ended at once,
// which is an error; the next start recovers. Later calls return the same.
func (s *Server) Stop(ctx context.Context) error {
	s.stopOnce.Do(func() {
		s.stopCtx = ctx
		s.stopping()
	})
	<-s.ended
	return s.stopErr
}

// release gives the folder back.
func (s *Server) release() {
	cluster.RemoveShort(s.launch.Socket)
	_ = s.lock.Close() // closing releases the lock, and nothing was written that could be lost
}

// startLimit bounds a start: recovery after a crash may have a while to go.
const startLimit = 2 * time.Minute
