package process

import (
	"io"
	"os"
)

const tailSize = 4 << 10

// Tail returns the last 4 KiB of what the program wrote.
func (p *Process) Tail() string {
	file, err := os.Open(p.command.Log)
	if err != nil {
		return err.Error()
	}
	defer file.Close() //nolint:errcheck // only read
	if size, err := file.Seek(0, io.SeekEnd); err == nil {
		_, _ = file.Seek(max(0, size-tailSize), io.SeekStart) // at worst it shows the beginning
	}
	text, err := io.ReadAll(io.LimitReader(file, tailSize))
	if err != nil {
		return err.Error()
	}
	return string(text)
}
