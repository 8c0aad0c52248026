package front

import (
	"net/http"
	"strings"

	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

// answer watches what is answered, and takes out the headers that are ours alone.
type answer struct {
	http.ResponseWriter
	status int
	bytes  int
	fault  string // code of the fault that was answered
}

func (a *answer) WriteHeader(status int) {
	if a.status != 0 {
		return
	}
	a.status = status
	header := a.Header()
	a.fault = header.Get(httpx.FaultHeader)
	for name := range header {
		if strings.HasPrefix(name, httpx.InternalPrefix) && name != httpx.RevocationHeader && name != httpx.EffectiveByHeader {
			delete(header, name)
		}
	}
	securePage(header)
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK) // no effect if one was written
	n, err := a.ResponseWriter.Write(b)
	a.bytes += n
	return n, err
}

// Unwrap lets http.ResponseController reach the writer below.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
