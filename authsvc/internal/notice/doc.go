// Package notice writes the mails that authsvc sends: subject, plain text and HTML, with
// the one link that each of them is about. Links begin with the configured base URL,
// never with anything from a request (Zitadel CVE-2025-64101).
package notice
