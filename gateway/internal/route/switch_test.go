package route_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/gateway/internal/gatewaytest"
	"github.com/gatehouse-auth/gatehouse/gateway/internal/route"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

func TestSwitch_FollowsTheDirectoryUnderLoad(t *testing.T) {
	t.Parallel()
	always := gatewaytest.Mount(t, "library", gatewaytest.Route("books", "GET", "/api/v1/library/books"), gatewaytest.Route("book", "GET", "/api/v1/library/books/{isbn}"))
	sometimes := gatewaytest.Mount(t, "archive", gatewaytest.Route("box", "GET", "/api/v1/archive/{box}"))
	directory := gatewaytest.NewDirectory(always)
	s := route.NewSwitch(directory, zerolog.Nop())
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()

	var load sync.WaitGroup
	for range 4 {
		load.Go(func() {
			for ctx.Err() == nil {
				for path, want := range map[string]string{"/api/v1/library/books": "library.books", "/api/v1/library/books/7": "library.book"} {
					if got, _ := found(t, s.Router(), http.MethodGet, path); got != want {
						t.Errorf("%s: served by %q", path, got)
					}
				}
				if got, _ := found(t, s.Router(), http.MethodGet, "/api/v1/archive/7"); got != "" && got != "archive.box" {
					t.Errorf("served by %q", got)
				}
				s.Missing([]string{"library", "archive"})
			}
		})
	}
	want := []string{"archive"}
	for i := range 50 {
		mounts := []httpx.Mount{always}
		if i%2 == 0 {
			mounts = []httpx.Mount{sometimes, always}
		}
		directory.Replace(mounts...)
		missing := want
		if i%2 == 0 {
			missing = nil
		}
		for end := time.Now().Add(20 * time.Second); !slices.Equal(s.Missing([]string{"library", "archive"}), missing); {
			if time.Now().After(end) {
				t.Fatalf("round %d: missing %v", i, s.Missing([]string{"library", "archive"}))
			}
		}
	}
	cancel()
	load.Wait()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("Run ended with %v", err)
	}
}

// What changed before Run began is seen too.
func TestSwitch_RunBeginsWithWhatIs(t *testing.T) {
	t.Parallel()
	directory := gatewaytest.NewDirectory()
	s := route.NewSwitch(directory, zerolog.Nop())
	if missing := s.Missing([]string{"library"}); len(missing) != 1 {
		t.Fatalf("missing %v", missing)
	}
	directory.Replace(gatewaytest.Mount(t, "library", gatewaytest.Route("books", "GET", "/api/v1/library/books")))
	<-directory.Changed() // nobody will hear of it again
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if missing := s.Missing([]string{"library"}); len(missing) != 0 {
		t.Errorf("missing %v", missing)
	}
}
