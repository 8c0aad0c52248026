package audit

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/gatehouse-auth/gatehouse/audit/verify"
	"github.com/gatehouse-auth/gatehouse/shared/kit"
)

// Commands are the module's subcommands for the binaries that hold it. They need
// neither settings nor a database.
func Commands() []kit.Command {
	return []kit.Command{verifyCommand(os.Stdin)}
}

// verifyCommand checks an export without the server. It ends without an error only when
// everything in the export was checked (cosign CVE-2026-39395, gitsign CVE-2026-44310).
func verifyCommand(stdin io.Reader) kit.Command {
	return kit.Command{
		Name: "audit verify", Args: "--key KEY FILE", Summary: "check an export of the audit log, without the server; FILE - reads standard input",
		Run: func(_ context.Context, env kit.Env, args []string) error {
			key, name, err := verifyArguments(args)
			if err != nil {
				return err
			}
			export, err := openExport(name, stdin)
			if err != nil {
				return err
			}
			report, err := verify.Export(export, key)
			if err = errors.Join(err, export.Close()); err != nil {
				return fmt.Errorf("the export was not accepted: %w", err)
			}
			return printReport(env.Stdout, report)
		},
	}
}

// verifyArguments returns the public key and the name of the file.
func verifyArguments(args []string) (key, name string, err error) {
	flags := flag.NewFlagSet("audit verify", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&key, "key", "", "")
	keyFile := flags.String("key-file", "", "")
	if err := flags.Parse(args); err != nil {
		return "", "", fmt.Errorf("%w: audit verify [--key KEY | --key-file FILE] FILE: %w", kit.ErrUsage, err)
	}
	if (key == "") == (*keyFile == "") {
		return "", "", fmt.Errorf("%w: audit verify takes --key KEY or --key-file FILE; the key is what GET /api/v1/audit/key answers, kept from a time when you trusted it", kit.ErrUsage)
	}
	if flags.NArg() != 1 {
		return "", "", fmt.Errorf("%w: audit verify takes one FILE after the key, or - for standard input", kit.ErrUsage)
	}
	if *keyFile != "" {
		text, err := os.ReadFile(*keyFile)
		if err != nil {
			return "", "", fmt.Errorf("--key-file: %w", err)
		}
		key = string(text)
	}
	return strings.TrimSpace(key), flags.Arg(0), nil
}

func openExport(name string, stdin io.Reader) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(stdin), nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open the export: %w", err)
	}
	return file, nil
}

func printReport(w io.Writer, r verify.Report) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "origin\t%s\n", r.Origin)
	fmt.Fprintf(table, "leaves\t%d, all under the signed checkpoint, each module's events without a gap\n", r.Leaves)
	fmt.Fprintf(table, "root\t%s\n", r.Root)
	fmt.Fprintf(table, "personal\t%d, all as their leaves commit to\n", r.Personal)
	fmt.Fprintf(table, "erased\t%d, whose personal data is not in the export\n", r.Erased)
	return table.Flush()
}
