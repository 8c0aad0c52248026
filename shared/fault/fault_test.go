package fault_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

func TestFrom_FindsTheFaultInAChain(t *testing.T) {
	t.Parallel()
	known := fault.New(fault.Conflict, "shelf.full", "The shelf is full.")
	canceled, cancel := context.WithCancelCause(t.Context())
	cancel(known)
	var typedNil *fault.Error
	cases := map[string]struct {
		err  error
		kind fault.Kind
		code string
	}{
		"the fault itself":                    {known, fault.Conflict, "shelf.full"},
		"a wrapped fault":                     {fmt.Errorf("put book: %w", known), fault.Conflict, "shelf.full"},
		"a joined fault":                      {errors.Join(errors.New("first"), known), fault.Conflict, "shelf.full"},
		"the outer of two faults":             {fault.New(fault.Invalid, "outer", "").With(known), fault.Invalid, "outer"},
		"a fault that a time-out caused":      {known.With(context.DeadlineExceeded), fault.Conflict, "shelf.full"},
		"a time-out":                          {fmt.Errorf("query: %w", context.DeadlineExceeded), fault.Deadline, "deadline"},
		"a cancellation":                      {fmt.Errorf("query: %w", context.Canceled), fault.Unavailable, "canceled"},
		"a cancellation with a cause":         {canceled.Err(), fault.Unavailable, "canceled"},
		"a plain error":                       {errors.New("disk on fire"), fault.Internal, "internal"},
		"a nil *Error that became an error":   {typedNil, fault.Internal, "internal"},
		"a nil *Error wrapped in another one": {fmt.Errorf("put book: %w", error(typedNil)), fault.Internal, "internal"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := fault.From(c.err)
			if got == nil || got.Kind != c.kind || got.Code != c.code {
				t.Fatalf("got %+v, want %s %s", got, c.kind, c.code)
			}
			if kind := fault.KindOf(c.err); kind != c.kind {
				t.Errorf("KindOf says %s", kind)
			}
			if got.Error() == "" {
				t.Error("it has no text for the log")
			}
		})
	}
}

func TestFrom_OfNilIsNil(t *testing.T) {
	t.Parallel()
	if got := fault.From(nil); got != nil {
		t.Errorf("From(nil) is %v", got)
	}
	if got := fault.KindOf(nil); got != "" {
		t.Errorf("KindOf(nil) is %q", got)
	}
}

func TestFrom_KeepsACauseForTheLogAndOutOfTheMessage(t *testing.T) {
	t.Parallel()
	cause := errors.New("connect to 10.0.0.7: refused")
	got := fault.From(fmt.Errorf("find book: %w", cause))
	if !errors.Is(got, cause) {
		t.Error("the cause is lost for the log")
	}
	if want := "Something went wrong on our side."; got.Message != want {
		t.Errorf("message %q, want %q", got.Message, want)
	}
}

func TestError_IsComparedByCode(t *testing.T) {
	t.Parallel()
	known := fault.New(fault.NotFound, "book.unknown", "There is no such book.")
	cases := map[string]struct {
		err  error
		want bool
	}{
		"a twin from another process": {&fault.Error{Kind: fault.NotFound, Code: "book.unknown"}, true},
		"a copy with another message": {known.WithMessage("No such book on this shelf."), true},
		"a copy with a cause":         {known.With(errors.New("no rows")), true},
		"another code, same kind":     {fault.New(fault.NotFound, "shelf.unknown", "There is no such book."), false},
		"a plain error, same text":    {errors.New(known.Error()), false},
		"no error":                    {nil, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := errors.Is(c.err, known); got != c.want {
				t.Errorf("errors.Is says %t", got)
			}
		})
	}
}

func TestError_WithLeavesTheTemplateAlone(t *testing.T) {
	t.Parallel()
	template := fault.New(fault.Exhausted, "desk.closed", "The desk is closed.")
	before := *template
	got := template.With(errors.New("cause")).WithMessage("Come back later.").WithRetryAfter(time.Minute)
	if diff := cmp.Diff(before, *template); diff != "" {
		t.Errorf("the template changed: %s", diff)
	}
	if got.Message != "Come back later." || got.RetryAfter != time.Minute || got.Err == nil || got.Kind != fault.Exhausted {
		t.Errorf("got %+v", got)
	}
}

func TestError_TextNamesCodeMessageAndCause(t *testing.T) {
	t.Parallel()
	full := fault.New(fault.Invalid, "book.title", "The title is empty.").With(errors.New("length 0"))
	for want, err := range map[string]*fault.Error{
		"book.title: The title is empty.: length 0": full,
		"book.title: The title is empty.":           full.With(nil),
		"book.title":                                full.With(nil).WithMessage(""),
	} {
		if got := err.Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestError_AlarmsForBugsAndOutagesOnly(t *testing.T) {
	t.Parallel()
	outage := fault.New(fault.Unavailable, "storage", "Storage is away.")
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"a bug":                     {errors.New("index out of range"), true},
		"an outage here":            {outage.With(errors.New("dial 10.0.0.7")), true},
		"an outage further away":    {outage, false},
		"a caller that went away":   {fmt.Errorf("query: %w", context.Canceled), false},
		"a query that it abandoned": {outage.With(fmt.Errorf("query: %w", context.Canceled)), false},
		"a time-out":                {context.DeadlineExceeded, false},
		"a refusal with a cause":    {fault.New(fault.Denied, "no", "No.").With(errors.New("cause")), false},
		"overload":                  {fault.New(fault.Overloaded, "busy", "Later.").With(errors.New("cause")), false},
	} {
		if got := fault.From(c.err).Alarming(); got != c.want {
			t.Errorf("%s: got %t", name, got)
		}
	}
}

func TestKind_Status(t *testing.T) {
	t.Parallel()
	for kind, want := range map[fault.Kind]int{
		fault.Invalid: 400, fault.Unauthenticated: 401, fault.Denied: 403, fault.NotFound: 404, fault.Conflict: 409,
		fault.TooLarge: 413, fault.Exhausted: 429, fault.Internal: 500, fault.Unimplemented: 501,
		fault.Unavailable: 503, fault.Overloaded: 503, fault.Deadline: 503,
		"a kind of a later version": 500, "": 500,
	} {
		if got := kind.Status(); got != want {
			t.Errorf("%q answers %d, want %d", kind, got, want)
		}
	}
}
