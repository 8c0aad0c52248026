package kit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"

	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/shared/config"
	"github.com/gatehouse-auth/gatehouse/shared/logging"
)

// Command is a subcommand of a program's binary.
type Command struct {
	Name    string // "serve", or two words: "audit verify"
	Args    string // for the usage line: "FILE..."
	Summary string
	Run     func(ctx context.Context, env Env, args []string) error
}

// Env is what a command may touch of the world around the process.
type Env struct {
	Environ map[string]string
	Stdout  io.Writer
	Stderr  io.Writer
}

// ErrUsage marks errors that a look at the usage would have prevented.
var ErrUsage = errors.New("usage")

// Main runs the program's command line and never returns. SIGINT and SIGTERM stop it
// in good order; a second signal ends it at once.
func Main(p Program) {
	runtime.MemProfileRate = 0 // nothing here shows a heap profile, which a dependency has Go keep
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	env := Env{Environ: environ(os.Environ()), Stdout: os.Stdout, Stderr: os.Stderr}
	if err := p.Run(ctx, env, os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %s\n", p.Name, strings.ReplaceAll(err.Error(), "\n", "\n  "))
		if errors.Is(err, ErrUsage) {
			os.Exit(2)
		}
		os.Exit(1)
	}
	os.Exit(0)
}

// Run executes one command line. Without arguments it prints the help.
func (p Program) Run(ctx context.Context, env Env, args []string) error {
	commands := append(p.builtin(), p.Commands...)
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		return p.help(env.Stdout, commands)
	}
	for _, c := range commands {
		words := strings.Fields(c.Name)
		if len(args) >= len(words) && strings.Join(args[:len(words)], " ") == c.Name {
			return c.Run(ctx, env, args[len(words):])
		}
	}
	return fmt.Errorf("%w: there is no command %q; run %q to see all", ErrUsage, strings.Join(args, " "), p.Name+" help")
}

func (p Program) builtin() []Command {
	return []Command{
		{Name: "serve", Summary: "run the modules of this process until a signal", Run: p.serve},
		{Name: "config", Summary: "print every setting with its default and meaning", Run: p.config},
		{Name: "health", Summary: "exit 0 if the process on GATEHOUSE_OPS_ADDR is ready", Run: health},
		{Name: "version", Summary: "print the version and what it was built from", Run: p.version},
	}
}

func (p Program) help(w io.Writer, commands []Command) error {
	fmt.Fprintf(w, "%s: identity and access, in one binary.\n\nUsage: %s COMMAND\n\n", p.Name, p.Name)
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	for _, c := range commands {
		fmt.Fprintf(table, "  %s\t%s\n", strings.TrimSpace(c.Name+" "+c.Args), c.Summary)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\nTry it: %s serve, then open http://localhost:3000\n", p.Name)
	return err
}

// serve runs the system until ctx ends.
func (p Program) serve(ctx context.Context, env Env, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%w: serve takes no arguments; settings come from the environment, see %q", ErrUsage, p.Name+" config")
	}
	log, err := p.logger(env)
	if err != nil {
		return err
	}
	if err := p.unknownSettings(env); err != nil {
		return err
	}
	system, err := p.Start(ctx, Options{Environ: env.Environ, Log: log})
	if err != nil {
		return err
	}
	log.Info().Str("url", system.origin.String()).Bool("development", system.development).Msg("ready")
	go debug.FreeOSMemory() // what the start alone needed
	if env.Environ["GOGC"] == "" {
		go boundGarbage(ctx)
	}
	<-ctx.Done()
	log.Info().Msg("stopping")
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopBudget)
	defer cancel()
	return system.Stop(stopping)
}

// unknownSettings refuses a GATEHOUSE_ variable that no module reads: most likely a
// misspelt one. A program with a part of the modules cannot tell, and does not check.
func (p Program) unknownSettings(env Env) error {
	if len(p.absent(p.Specs)) > 0 {
		return nil
	}
	var list []string
	for name, value := range env.Environ {
		list = append(list, name+"="+value)
	}
	slices.Sort(list)
	if unknown := config.Unknown(Prefix, list, p.allSettings()...); len(unknown) > 0 {
		return errors.New(strings.Join(unknown, "\n"))
	}
	return nil
}

func (p Program) logger(env Env) (zerolog.Logger, error) {
	var s Settings
	if err := config.Load(env.Environ, Prefix, &s); err != nil {
		return zerolog.Logger{}, err
	}
	if s.LogFormat == "" {
		s.LogFormat = "json"
		if development, err := s.development(false); err == nil && development {
			s.LogFormat = "console"
		}
	}
	log, err := logging.New(env.Stderr, logging.Config{Level: s.LogLevel, Format: s.LogFormat, Service: p.Name})
	if err != nil {
		return log, fmt.Errorf("%s_LOG_LEVEL or %s_LOG_FORMAT: %w", Prefix, Prefix, err)
	}
	return log, nil
}

func (p Program) version(_ context.Context, env Env, _ []string) error {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return errors.New("this binary carries no build information")
	}
	_, err := fmt.Fprintf(env.Stdout, "%s %s, %s\n", p.Name, info.Main.Version, info.GoVersion)
	return err
}

func environ(pairs []string) map[string]string {
	m := make(map[string]string, len(pairs))
	for _, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		m[name] = value
	}
	return m
}

// allSettings lists everything that the program reads.
func (p Program) allSettings() []any {
	all := []any{&Settings{}}
	for _, spec := range p.Specs {
		all = append(all, spec.NewConfig())
	}
	for _, spec := range p.Specs {
		if spec.Migrations != nil {
			all = append(all, config.Section{Prefix: modulePrefix(spec.Name), Spec: &moduleSettings{}})
		}
	}
	return all
}

// config prints every setting of the program.
func (p Program) config(_ context.Context, env Env, args []string) error {
	describe := config.Describe
	switch {
	case len(args) == 1 && args[0] == "--markdown":
		describe = config.DescribeMarkdown
	case len(args) > 0:
		return fmt.Errorf("%w: config takes no argument, or --markdown", ErrUsage)
	}
	return describe(env.Stdout, Prefix, p.allSettings()...)
}
