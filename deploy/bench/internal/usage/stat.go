package usage

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of CPU time in /proc: USER_HZ is 100 on every Linux that Go runs on.
const tick = 10 * time.Millisecond

// Fields of /proc/<pid>/stat that follow the name, counted from the state (proc(5)).
const (
	fieldParent = 1
	fieldUser   = 11 // then system, user of ended children, system of ended children
	fieldPages  = 21 // resident
)

// parse reads one line of /proc/<pid>/stat. The name stands in parentheses and may hold
// anything, further parentheses and line feeds too, so the last one counts.
func parse(line string) (Process, error) {
	open, end := strings.IndexByte(line, '('), strings.LastIndexByte(line, ')')
	if open < 0 || end < open {
		return Process{}, fmt.Errorf("no name in parentheses in %q", line)
	}
	fields := strings.Fields(line[end+1:])
	if len(fields) <= fieldPages {
		return Process{}, fmt.Errorf("%d fields behind the name, more are needed", len(fields))
	}
	var numbers [7]int64
	for i, text := range []string{
		strings.TrimSpace(line[:open]), fields[fieldParent],
		fields[fieldUser], fields[fieldUser+1], fields[fieldUser+2], fields[fieldUser+3], fields[fieldPages],
	} {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return Process{}, fmt.Errorf("%q is not a number", text)
		}
		numbers[i] = n
	}
	return Process{
		PID:      int(numbers[0]),
		Name:     line[open+1 : end],
		CPU:      time.Duration(numbers[2]+numbers[3]+numbers[4]+numbers[5]) * tick,
		Resident: numbers[6] * int64(os.Getpagesize()),
		parent:   int(numbers[1]),
	}, nil
}
