// Package logging sets zerolog up, in one place and without touching its globals.
//
// Every line carries its level, the service and the time in UTC with milliseconds
// (RFC 3339). No value can begin a line of its own or send codes to a terminal: both
// formats escape control characters (OWASP ASVS V16.4.1).
//
// A logger travels in a context by zerolog's own means: Logger.WithContext puts it
// in, zerolog.Ctx takes it out, and takes out one that discards if there is none.
//
// Next door: secret.Text prints as [redacted] in both formats.
package logging
