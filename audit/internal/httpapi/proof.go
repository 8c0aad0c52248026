package httpapi

import (
	"io"
	"net/http"
	"strconv"

	"github.com/google/uuid"

	"github.com/gatehouse-auth/gatehouse/audit/internal/ledger"
	"github.com/gatehouse-auth/gatehouse/audit/internal/tree"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

// inclusionAnswer holds all that a verifier needs but the public key. Bytes are base64.
type inclusionAnswer struct {
	Index      int64    `json:"index"`
	Leaf       []byte   `json:"leaf"`
	Path       [][]byte `json:"path"`
	Checkpoint string   `json:"checkpoint"`
}

func (a *API) proveInclusion(w http.ResponseWriter, r *http.Request) error {
	id, err := uuid.Parse(r.PathValue("id"))
	if err != nil {
		return ledger.ErrUnknown
	}
	proof, err := a.ledger.ProveInclusion(r.Context(), id.String())
	if err != nil {
		return err
	}
	return httpx.WriteJSON(w, inclusionAnswer{proof.Record.Index, proof.Record.Bytes, path(proof.Path), proof.Checkpoint.Note})
}

// consistencyAnswer proves growth up to the checkpoint. Bytes are base64.
type consistencyAnswer struct {
	From       int64    `json:"from"`
	To         int64    `json:"to"`
	Path       [][]byte `json:"path"`
	Checkpoint string   `json:"checkpoint"`
}

func (a *API) proveConsistency(w http.ResponseWriter, r *http.Request) error {
	values, err := parameters(r, "from")
	if err != nil {
		return err
	}
	from, err := strconv.ParseInt(values["from"], 10, 64)
	if err != nil {
		return ledger.ErrBadRequest.WithMessage("from must be the size of an earlier checkpoint.")
	}
	proof, err := a.ledger.ProveConsistency(r.Context(), from)
	if err != nil {
		return err
	}
	return httpx.WriteJSON(w, consistencyAnswer{proof.From, proof.To, path(proof.Path), proof.Checkpoint.Note})
}

func (a *API) checkpoint(w http.ResponseWriter, r *http.Request) error {
	last, err := a.ledger.Checkpoint(r.Context())
	if err != nil {
		return err
	}
	return writeText(w, last.Note)
}

func (a *API) key(w http.ResponseWriter, _ *http.Request) error {
	return writeText(w, a.ledger.VerifierKey()+"\n")
}

func writeText(w http.ResponseWriter, text string) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := io.WriteString(w, text)
	return err
}

func path(hashes []tree.Hash) [][]byte {
	all := make([][]byte, 0, len(hashes))
	for _, h := range hashes {
		all = append(all, h[:])
	}
	return all
}
