package test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// once names, by the table that keeps them, what is good for one use, and the test that
// uses it 64 times at once through two replicas.
func once() map[string]string {
	return map[string]string{
		"password_reset":       "authsvc/internal/account.TestService_ResetPasswordParallel",
		"used_proof":           "authsvc/internal/account.TestService_VerifyEmail",
		"refresh_family":       "authsvc/internal/refresh.TestService_RotateParallel",
		"backup_code":          "authsvc/internal/twofactor.TestVerify_Parallel",
		"two_factor":           "authsvc/internal/twofactor.TestVerify_Parallel", // a time step
		"two_factor_code":      "authsvc/internal/twofactor.TestVerify_Parallel",
		"two_factor_challenge": "authsvc/internal/account.TestService_Finish",
		"trusted_device":       "authsvc/internal/account.TestService_TrustDevice",
		"user_deletion":        "authsvc/internal/account.TestService_DeleteByToken",
		"alert":                "authsvc/internal/account.TestService_Disown",
		"email_change":         "authsvc/internal/account.TestService_ChangeEmailProofs",
		"social_flow":          "authsvc/internal/httpapi.TestCallback_BindsTheBrowser",
		"one_time_token":       "authsvc/internal/onetime.TestService_Use",
		"one_time_code":        "authsvc/internal/code.TestService_Redeem_InParallel",
		"magic_link":           "authsvc/internal/magiclink.TestService_SignIn_InParallel",
		"guess":                "authsvc/internal/account.TestService_SignInGuessesParallel", // a count
	}
}

// severalUses are the tables of secrets that are good for more than one use.
func severalUses() []string { return []string{"session", "known_device"} }

// TestOnce_EveryKindHasItsTest: every table that keeps the hash of something to be shown
// again has a test of its single use (ASVS V2.3.4; Better Auth CVE-2026-53518).
func TestOnce_EveryKindHasItsTest(t *testing.T) {
	t.Parallel()
	parallel := regexp.MustCompile(`\b(64|parallel)\b`)
	for table, name := range once() {
		source, exists := testSources(t)[name]
		if !exists || !parallel.MatchString(source) || !strings.Contains(source, "Parallel(") {
			t.Errorf("%s: %s is no test of 64 uses at once", table, name)
		}
	}
	for _, table := range secretTables(t) {
		if once()[table] == "" && !slices.Contains(severalUses(), table) {
			t.Errorf("the table %s keeps hashes, and no test uses what they stand for 64 times at once", table)
		}
	}
}

// secretTables lists the tables of authsvc that have a hash of 32 bytes.
func secretTables(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../../authsvc/migrations/*.sql")
	if err != nil || len(files) < 5 {
		t.Fatalf("%d migrations: %v", len(files), err)
	}
	statement := regexp.MustCompile(`(?s)create table (\w+) \((.*?)\n\);`)
	found := map[string]bool{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range statement.FindAllStringSubmatch(string(raw), -1) {
			if strings.Contains(m[2], "length(") && strings.Contains(m[2], ") = 32") && !strings.Contains(m[2], "public_key") {
				found[m[1]] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}
