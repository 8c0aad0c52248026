package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReport_Read(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		in   string
		want string
		good bool
	}{
		{
			name: "shows a package that passed in one line",
			in: `{"Action":"output","Package":"p","Test":"TestA","Output":"noise\n"}
				{"Action":"pass","Package":"p","Test":"TestA"}
				{"Action":"output","Package":"p","Output":"PASS\n"}
				{"Action":"output","Package":"p","Output":"ok  \tp\t0.1s\n"}
				{"Action":"pass","Package":"p"}`,
			want: "ok  \tp\t0.1s\ntests and subtests: 1 passed, 0 failed, 0 skipped, in 1 packages\n",
			good: true,
		},
		{
			name: "shows what a test says of itself",
			in: `{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:7: summary: 9 checks\n"}
				{"Action":"pass","Package":"p","Test":"TestA"}`,
			want: "    9 checks\ntests and subtests: 1 passed, 0 failed, 0 skipped, in 0 packages\n",
			good: true,
		},
		{
			name: "shows all that a failing test said",
			in: `{"Action":"output","Package":"p","Test":"TestA","Output":"why\n"}
				{"Action":"fail","Package":"p","Test":"TestA"}
				{"Action":"output","Package":"p","Output":"FAIL\n"}
				{"Action":"fail","Package":"p"}`,
			want: "why\nFAIL\ntests and subtests: 0 passed, 1 failed, 0 skipped, in 1 packages\n",
		},
		{
			name: "shows a test that never ended, as after a panic",
			in: `{"Action":"output","Package":"p","Test":"TestA","Output":"panic: no\n"}
				{"Action":"pass","Package":"q","Test":"TestB"}
				{"Action":"fail","Package":"p"}`,
			want: "panic: no\ntests and subtests: 1 passed, 0 failed, 0 skipped, in 1 packages\n",
		},
		{
			name: "fails when something does not build",
			in: `{"Action":"build-output","ImportPath":"p","Output":"p.go:1: no\n"}
				{"Action":"build-fail","ImportPath":"p"}
				{"Action":"pass","Package":"q","Test":"TestB"}`,
			want: "p.go:1: no\ntests and subtests: 1 passed, 0 failed, 0 skipped, in 0 packages\n",
		},
		{
			name: "names what was skipped",
			in:   `{"Action":"skip","Package":"p","Test":"TestA"}{"Action":"pass","Package":"p","Test":"TestB"}`,
			want: "skipped: p TestA\ntests and subtests: 1 passed, 0 failed, 1 skipped, in 0 packages\n",
			good: true,
		},
		{
			name: "fails when nothing ran",
			in:   `{"Action":"skip","Package":"p"}`,
			want: "tests and subtests: 0 passed, 0 failed, 0 skipped, in 0 packages\n",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			r := newReport(&out)
			if err := r.read(strings.NewReader(c.in)); err != nil {
				t.Fatal(err)
			}
			if good := r.close(); good != c.good {
				t.Errorf("good is %t, want %t", good, c.good)
			}
			if diff := cmp.Diff(c.want, out.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("refuses what is not test output", func(t *testing.T) {
		t.Parallel()
		if err := newReport(&strings.Builder{}).read(strings.NewReader("ok p")); err == nil {
			t.Error("it took plain text")
		}
	})
}
