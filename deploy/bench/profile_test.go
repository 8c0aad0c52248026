package main

import (
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/load"
	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/scenario"
	"github.com/gatehouse-auth/gatehouse/deploy/test/shape"
)

// BenchmarkGatehouse runs the monolith in this process, so that its profile can be taken:
// make profile. To compare systems there is make bench.
func BenchmarkGatehouse(b *testing.B) {
	address := strings.TrimPrefix(shape.Start(b, shape.Direct, nil).URL, "http://")
	for _, s := range scenario.OfGatehouse() {
		if s.Beside != nil || s.Connections != 0 || s.Name == scenario.SignIn || s.Name == scenario.SignUp {
			continue // the same again, or little but the password hash
		}
		b.Run(s.Name, func(b *testing.B) {
			var workers []load.Worker
			for range 16 {
				script, err := s.Prepare(b.Context(), scenario.NewVisitor(address, strings.ToLower(rand.Text())))
				if err != nil {
					b.Fatal(err)
				}
				connection, err := load.NewConnection(address, script)
				if err != nil {
					b.Fatal(err)
				}
				defer connection.Close()
				workers = append(workers, connection)
			}
			b.ReportAllocs()
			b.ResetTimer()
			if _, err := load.Run(b.Context(), load.Bounds{For: time.Hour, Most: b.N}, workers); err != nil {
				b.Fatal(err)
			}
		})
	}
}
