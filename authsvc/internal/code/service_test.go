package code_test

import (
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/code"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/throttle"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

const ada = "ada@example.com"

var errStop = errors.New("the effect fails")

// send sends a code and returns it.
func send(t *testing.T, w *authtest.World, p code.Purpose, to string) string {
	t.Helper()
	var sent string
	err := w.Codes.Send(t.Context(), code.Request{Purpose: p, To: to}, func(_ code.Tx, plain string) error {
		sent = plain
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return sent
}

func try(p code.Purpose, to, plain string) code.Try {
	return code.Try{Request: code.Request{Purpose: p, To: to}, Plain: plain}
}

// wrong returns another code than this one.
func wrong(plain string) string {
	if plain == "000000" {
		return "111111"
	}
	return "000000"
}

func nothing(code.Tx) error { return nil }

// TestService_Redeem covers ASVS V6.5.1 and V6.6.2.
func TestService_Redeem(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})

	t.Run("is good once", func(t *testing.T) {
		t.Parallel()
		mine := try(code.SignIn, "once@example.com", send(t, w, code.SignIn, "once@example.com"))
		for _, want := range []error{nil, nil} {
			if err := w.Codes.Check(t.Context(), mine); !errors.Is(err, want) {
				t.Fatalf("check: %v", err)
			}
		}
		if err := w.Codes.Redeem(t.Context(), mine, nothing); err != nil {
			t.Fatal(err)
		}
		if err := w.Codes.Redeem(t.Context(), mine, nothing); !errors.Is(err, code.ErrInvalid) {
			t.Errorf("the second use: %v", err)
		}
		if err := w.Codes.Check(t.Context(), mine); !errors.Is(err, code.ErrUnknown) {
			t.Errorf("a check after the use: %v", err)
		}
	})

	t.Run("keeps the code if its effect fails", func(t *testing.T) {
		t.Parallel()
		mine := try(code.SignIn, "kept@example.com", send(t, w, code.SignIn, "kept@example.com"))
		if err := w.Codes.Redeem(t.Context(), mine, func(code.Tx) error { return errStop }); !errors.Is(err, errStop) {
			t.Fatal(err)
		}
		if err := w.Codes.Redeem(t.Context(), mine, nothing); err != nil {
			t.Errorf("the code is gone: %v", err)
		}
	})

	t.Run("takes a code of this purpose and subject alone", func(t *testing.T) {
		t.Parallel()
		plain := send(t, w, code.SignIn, "mine@example.com")
		for name, other := range map[string]code.Try{
			"another purpose": try(code.Reset, "mine@example.com", plain),
			"another address": try(code.SignIn, "yours@example.com", plain),
			"another subject": {Request: code.Request{Purpose: code.SignIn, To: "mine@example.com", Subject: "me:mine@example.com"}, Plain: plain},
		} {
			if err := w.Codes.Check(t.Context(), other); !errors.Is(err, code.ErrUnknown) {
				t.Errorf("check, %s: %v", name, err)
			}
			if err := w.Codes.Redeem(t.Context(), other, nothing); !errors.Is(err, code.ErrInvalid) {
				t.Errorf("redeem, %s: %v", name, err)
			}
		}
	})
}

// TestService_CodesExpire covers ASVS V6.5.5.
func TestService_CodesExpire(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	mine := try(code.SignIn, ada, send(t, w, code.SignIn, ada))
	w.Clock.Advance(code.Life - time.Second)
	if err := w.Codes.Check(t.Context(), mine); err != nil {
		t.Fatalf("a second before its end: %v", err)
	}
	w.Clock.Advance(time.Second)
	if err := w.Codes.Redeem(t.Context(), mine, nothing); !errors.Is(err, code.ErrInvalid) {
		t.Errorf("redeem at its end: %v", err)
	}
	if err := w.Codes.Check(t.Context(), mine); !errors.Is(err, code.ErrExpired) {
		t.Errorf("check at its end: %v", err)
	}
	if err := w.Codes.Check(t.Context(), mine); !errors.Is(err, code.ErrUnknown) {
		t.Errorf("check after that: %v", err)
	}
}

// TestService_Check_CountsWrongTries covers ASVS V6.6.3: a code has three wrong
// tries, also when it is somebody's whom nobody has, and each is recorded.
func TestService_Check_CountsWrongTries(t *testing.T) {
	t.Parallel()
	for name, sent := range map[string]bool{"sent": true, "never sent": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := authtest.New(t, authtest.Options{})
			plain := "123456"
			if sent {
				plain = send(t, w, code.Reset, ada)
			} else if err := w.Codes.Send(t.Context(), code.Request{Purpose: code.Reset, To: ada}, nil); err != nil {
				t.Fatal(err)
			}
			var got []string
			for range 5 {
				got = append(got, fault.From(w.Codes.Check(t.Context(), try(code.Reset, ada, wrong(plain)))).Code)
			}
			want := []string{"INVALID_OTP", "INVALID_OTP", "INVALID_OTP", "TOO_MANY_ATTEMPTS", "OTP_NOT_FOUND"}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			var reasons []string
			for _, e := range w.Events(t) {
				var body struct{ Reason string }
				if err := json.Unmarshal(e.Body, &body); err != nil {
					t.Fatal(err)
				}
				if e.Type == authapi.EventCodeRefused {
					reasons = append(reasons, body.Reason)
				}
			}
			if diff := cmp.Diff(want, reasons); diff != "" {
				t.Errorf("recorded (-want +got):\n%s", diff)
			}
		})
	}
}

// TestService_Check_ParallelTries covers Zitadel CVE-2025-64102 and Keycloak CVE-2024-4629
// (rows 29 and 36): of many tries at once through two processes, three learn something.
func TestService_Check_ParallelTries(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	replicas := []*code.Service{w.Codes, w.Replica(t).Codes}
	plain := send(t, w, code.SignIn, ada)
	verdicts := map[string]int{}
	var mu sync.Mutex
	authtest.Parallel(64, func(i int) {
		err := replicas[i%2].Check(t.Context(), try(code.SignIn, ada, wrong(plain)))
		mu.Lock()
		defer mu.Unlock()
		verdicts[fault.From(err).Code]++
	})
	want := map[string]int{"INVALID_OTP": code.Attempts, "TOO_MANY_ATTEMPTS": 1, "OTP_NOT_FOUND": 64 - code.Attempts - 1}
	if diff := cmp.Diff(want, verdicts); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := w.Codes.Redeem(t.Context(), try(code.SignIn, ada, plain), nothing); !errors.Is(err, code.ErrInvalid) {
		t.Errorf("the right one afterwards: %v", err)
	}
}

// TestService_Redeem_InParallel covers ASVS V2.3.4: of many uses at once through two
// processes, one has its effect.
func TestService_Redeem_InParallel(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	replicas := []*code.Service{w.Codes, w.Replica(t).Codes}
	mine := try(code.SignIn, ada, send(t, w, code.SignIn, ada))
	outcomes := make([]error, 64)
	authtest.Parallel(len(outcomes), func(i int) {
		outcomes[i] = replicas[i%2].Redeem(t.Context(), mine, func(tx code.Tx) error {
			return tx.AddEvent(t.Context(), account.Event("test.used.v1", account.User{}, account.Origin{}, account.Details{}))
		})
	})
	succeeded := 0
	for _, err := range outcomes {
		switch {
		case err == nil:
			succeeded++
		case !errors.Is(err, code.ErrInvalid):
			t.Errorf("refused with %v", err)
		}
	}
	effects := 0
	for _, e := range w.Events(t) {
		if e.Type == "test.used.v1" {
			effects++
		}
	}
	if succeeded != 1 || effects != 1 {
		t.Errorf("%d uses succeeded, with %d effects", succeeded, effects)
	}
}

// TestService_Check_TakesCodesAsTheyWereSent covers Vault CVE-2025-6014 (row 28): a code that
// is spelled otherwise is a wrong try, and is counted.
func TestService_Check_TakesCodesAsTheyWereSent(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	for name, spell := range map[string]func(string) string{
		"a space before": func(s string) string { return " " + s },
		"a space within": func(s string) string { return s[:3] + " " + s[3:] },
		"a zero before":  func(s string) string { return "0" + s },
		"full width":     func(s string) string { return strings.Map(func(r rune) rune { return r - '0' + '０' }, s) },
		"empty":          func(string) string { return "" },
	} {
		to := strings.ReplaceAll(name, " ", "-") + "@example.com"
		plain := send(t, w, code.SignIn, to)
		for range code.Attempts {
			if err := w.Codes.Check(t.Context(), try(code.SignIn, to, spell(plain))); !errors.Is(err, code.ErrInvalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := w.Codes.Check(t.Context(), try(code.SignIn, to, plain)); !errors.Is(err, code.ErrSpent) {
			t.Errorf("%s was not counted: %v", name, err)
		}
	}
}

// TestService_Send_IsBounded covers ASVS V6.6.3: asking for new codes gives no free guesses
// without end, whatever they are for and whoever asks.
func TestService_Send_IsBounded(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	purposes := []code.Purpose{code.SignIn, code.Reset, code.Verification}
	allowed := 0
	for i := range 64 {
		r := code.Request{Purpose: purposes[i%len(purposes)], To: ada, From: account.Origin{IP: "192.0.2.1"}}
		err := w.Replica(t).Codes.Send(t.Context(), r, nil)
		if err == nil {
			allowed++
		} else if !errors.Is(err, throttle.ErrLimited) {
			t.Fatal(err)
		}
	}
	if allowed < 3 || allowed > 6 {
		t.Errorf("%d of 64 codes were sent at one moment", allowed)
	}
	w.Clock.Advance(time.Hour)
	mine := try(code.SignIn, ada, send(t, w, code.SignIn, ada))
	if err := w.Codes.Redeem(t.Context(), mine, nothing); err != nil {
		t.Fatal(err)
	}
	for range 3 { // who has proved to read there starts anew
		send(t, w, code.SignIn, ada)
	}
}

func TestService_Send_ANewCodeReplacesTheOld(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	older := send(t, w, code.SignIn, ada)
	newer := send(t, w, code.SignIn, ada)
	if older == newer { // one in a million
		newer = send(t, w, code.SignIn, ada)
	}
	if err := w.Codes.Check(t.Context(), try(code.SignIn, ada, older)); !errors.Is(err, code.ErrInvalid) {
		t.Errorf("the older: %v", err)
	}
	if err := w.Codes.Check(t.Context(), try(code.SignIn, ada, newer)); err != nil {
		t.Errorf("the newer: %v", err)
	}
}

// TestService_StoresNoSecret covers ASVS V6.5.2: what is stored is of no use to its reader.
func TestService_StoresNoSecret(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	plain := send(t, w, code.SignIn, ada)
	var stored string
	if err := w.Pool.QueryRow(t.Context(), "select json_agg(c)::text from one_time_code c").Scan(&stored); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(stored, plain) || strings.Contains(stored, ada) || !strings.Contains(stored, "code_hash") {
		t.Errorf("stored is %s", stored)
	}
	other := code.New(w.CodeStore, w.Accounts, authtest.OtherRoot())
	if err := other.Check(t.Context(), try(code.SignIn, ada, plain)); !errors.Is(err, code.ErrUnknown) {
		t.Errorf("under another root secret: %v", err)
	}
}
