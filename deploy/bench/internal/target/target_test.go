package target_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/target"
)

// program writes a shell script that stands for the binary.
func program(t *testing.T, script string) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "gatehouse"), []byte("#!/bin/sh\n"+script), 0o755); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	return folder
}

func TestStart_SaysWhyASystemDoesNotStart(t *testing.T) {
	t.Parallel()
	system, err := target.Gatehouse{
		Name: "ours", Folder: "ours", Command: "serve",
		Binaries: program(t, `echo "$1: GATEHOUSE_SECRET has ${#GATEHOUSE_SECRET} characters, mode $GATEHOUSE_MODE"; exit 1`),
	}.Target(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	_, err = system.Start(t.Context())
	if err == nil || !strings.Contains(err.Error(), "ours is not ready") || !strings.Contains(err.Error(), "serve: GATEHOUSE_SECRET has 52 characters, mode development") {
		t.Errorf("got %v", err)
	}
}

func TestGatehouse_WantsTheBinaries(t *testing.T) {
	t.Parallel()
	_, err := target.Gatehouse{Folder: "ours", Binaries: t.TempDir()}.Target(t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "make build") {
		t.Errorf("got %v, want what to do next", err)
	}
}

func TestReference_SaysThatItIsNotHere(t *testing.T) {
	t.Parallel()
	for _, tuned := range []bool{false, true} {
		_, err := target.Reference{Scratch: t.TempDir(), Source: t.TempDir(), Tuned: tuned}.Targets(t.Context())
		if !errors.Is(err, target.ErrNoReference) {
			t.Errorf("tuned %t: got %v", tuned, err)
		}
	}
}
