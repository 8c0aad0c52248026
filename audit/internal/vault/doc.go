// Package vault keeps the personal data of events apart from the log: sealed under a key
// of its subject, which is itself sealed under the installation's root. Erasing a
// subject's key makes all of it unreadable, wherever copies lie; no proof changes.
package vault
