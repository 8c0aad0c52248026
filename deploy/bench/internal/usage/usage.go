package usage

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// ErrUnsupported means that this system does not tell what its processes spend.
var ErrUnsupported = errors.New("this system has no /proc: CPU time and memory are not measured")

// Process is one reading of one process.
type Process struct {
	PID      int
	Name     string        // of the program, cut at 15 bytes by the kernel
	CPU      time.Duration // its own, and that of children which have ended
	Resident int64         // bytes

	parent int
}

// Tree is one reading of a process and all below it, the root first.
type Tree []Process

// CPU returns what the tree has spent so far.
func (t Tree) CPU() time.Duration {
	var total time.Duration
	for _, p := range t {
		total += p.CPU
	}
	return total
}

// Read reads the tree below the process with the given id. A root that has ended is an error.
func Read(root int) (Tree, error) {
	all, err := snapshot()
	if err != nil {
		return nil, err
	}
	children := map[int][]Process{}
	var tree Tree
	for _, p := range all {
		children[p.parent] = append(children[p.parent], p)
		if p.PID == root {
			tree = Tree{p}
		}
	}
	if tree == nil {
		return nil, fmt.Errorf("read usage: process %d has ended", root)
	}
	for i := 0; i < len(tree); i++ {
		tree = append(tree, children[tree[i].PID]...)
	}
	return tree, nil
}

// Alone reads one process without those below it.
func Alone(pid int) (Tree, error) {
	tree, err := Read(pid)
	if err != nil {
		return nil, err
	}
	return tree[:1], nil
}

// snapshot reads every process of the machine.
func snapshot() ([]Process, error) {
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, fmt.Errorf("read usage: %w", err)
	}
	if len(files) == 0 {
		return nil, ErrUnsupported
	}
	var all []Process
	for _, file := range files {
		line, err := os.ReadFile(file)
		if err != nil {
			continue // it ended since the folder was listed
		}
		p, err := parse(string(line))
		if err != nil {
			return nil, fmt.Errorf("read usage: %s: %w", file, err)
		}
		all = append(all, p)
	}
	return all, nil
}
