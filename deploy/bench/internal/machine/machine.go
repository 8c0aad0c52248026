package machine

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// Describe returns one line: processor, memory, system, versions. What cannot be learned
// is left out.
func Describe(ctx context.Context, postgres string) string {
	parts := []string{fmt.Sprintf("%d cores", runtime.NumCPU())}
	if model := field("/proc/cpuinfo", "model name"); model != "" {
		parts[0] += " of " + model
	}
	if memory := field("/proc/meminfo", "MemTotal"); memory != "" {
		parts = append(parts, "memory "+memory)
	}
	parts = append(parts, runtime.GOOS+"/"+runtime.GOARCH+said(ctx, " ", "uname", "-r"), runtime.Version(), "PostgreSQL "+postgres)
	if node := said(ctx, "Node.js ", "node", "--version"); node != "" {
		parts = append(parts, node)
	}
	if commit := said(ctx, "commit ", "git", "rev-parse", "--short", "HEAD"); commit != "" {
		parts = append(parts, commit)
	}
	return strings.Join(parts, ", ")
}

// field returns the value of the first line "name : value" of a file.
func field(file, name string) string {
	content, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(content)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// said returns what a command prints, behind a label; empty if it is not there.
func said(ctx context.Context, label, name string, args ...string) string {
	out, err := exec.CommandContext(ctx, name, args...).Output() //nolint:gosec // the names above
	if err != nil {
		return ""
	}
	return label + strings.TrimSpace(string(out))
}
