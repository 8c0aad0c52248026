package test

import (
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/authsvc/openidtest"
	"github.com/gatehouse-auth/gatehouse/deploy/test/shape"
)

// administrator is whom the settings appoint.
const administrator = "boss@example.com"

// TestShapes runs one suite over every shape in which the product runs: what differs
// between them is nothing that a client could see.
func TestShapes(t *testing.T) {
	t.Parallel()
	for _, kind := range shape.All() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			provider := openidtest.Start(t)
			s := newSuite(shape.Start(t, kind, socialSettings(provider, map[string]string{"GATEHOUSE_ADMIN_EMAILS": administrator})))
			s.provider = provider
			t.Run("suite", s.run)
			s.logsHoldNoSecret(t)
			t.Logf("summary: shape %-6s %d checks", kind, s.checks.Load())
		})
	}
}

// run runs all parts of the suite. They use accounts of their own, so they run at once.
func (s *suite) run(t *testing.T) {
	for sentence, part := range map[string]func(*testing.T){
		"the main job, from sign-up to a proven audit entry": s.mainJob,
		"sessions are listed and ended":                      s.sessions,
		"a wrong password and an unknown address look alike": s.refusals,
		"a forgotten password is reset by mail":              s.reset,
		"people change what they say about themselves":       s.profile,
		"a password is changed":                              s.newPassword,
		"an address is changed by mail":                      s.newAddress,
		"whoever leaves is gone":                             s.deletion,
		"tokens are exchanged, rotated, inspected and ended": s.tokens,
		"reuse of a refresh token ends its family":           s.reuse,
		"people sign in through identity providers":          s.social,
		"a second factor is enrolled, given and given up":    s.twoFactor,
		"people sign in without a password":                  s.passwordless,
		"one browser holds several accounts":                 s.manyAccounts,
		"a session is handed over once":                      s.handover,
		"strangers get in and leave no trace":                s.strangers,
		"an owner throws a thief out by mail":                s.notMe,
		"the protocol's reference can be read":               s.reference,
		"roles are administered":                             s.roles,
		"users are administered":                             s.adminUsers,
		"roles say what an administrator may":                s.adminRoles,
		"administrators act as others in the open":           s.impersonation,
		"bad input gets its 4xx and changes nothing":         s.badInput,
		"browsers are told what they may":                    s.browsers,
		"the API document lists every route":                 s.document,
		"operators see health and metrics":                   s.operators,
		"an administrator is appointed on the command line":  s.appoint,
		"a session that ended is nobody, on every route":     s.endedEverywhere,
		"tokens of a session that ended are nobody's":        s.tokensEndedEverywhere,
		"revoking says by when it holds":                     s.effectiveBy,
		"what follows a write reads it":                      s.changesShow,
		"every answer has its headers":                       s.headersEverywhere,
		"wrong types break nothing":                          s.wrongTypes,
		"reading changes nothing":                            s.methodsEverywhere,
		"other media types and sites do not come in":         s.mediaTypes,
		"there is nothing by accident":                       s.nothingElse,
		"a secret in the URL is none":                        s.noSecretInURLs,
		"nobody has an account by default":                   s.nobodyByDefault,
		"a password is exactly that":                         s.exactPasswords,
		"odd texts stay texts":                               s.oddTexts,
		"SQL is text":                                        s.injections,
		"odd numbers are refused":                            s.numbers,
	} {
		t.Run(sentence, func(t *testing.T) {
			t.Parallel()
			part(t)
		})
	}
}

// ASVS V16.2.5: credentials and tokens are never logged.
func (s *suite) logsHoldNoSecret(t *testing.T) {
	t.Helper()
	log := s.system.Log()
	s.holds(t, "the system logs at all", strings.Contains(log, `"message":"request"`))
	s.holds(t, "the suite knew secrets to look for", len(s.secrets) > 20)
	for i, secret := range s.secrets {
		if strings.Contains(log, secret) {
			t.Errorf("the log shows secret %d of %d", i, len(s.secrets))
		}
	}
	s.checks.Add(int64(len(s.secrets)))
}
