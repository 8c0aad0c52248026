// Package mail sends messages: through Resend, through any SMTP server, or, in
// development, into a mailbox that a browser can open.
//
// The invariants: a Message has exactly one recipient and none of its fields can
// begin another header (OWASP ASVS V1.3.11); sending the same Message twice delivers
// once where the provider can tell (Idempotency-Key, RFC 5322 Message-ID); the errors
// hold neither keys nor addresses nor anything of a mail.
//
// An Address is an e-mail address in the one form in which addresses are stored and
// compared. It is ASCII and lower case, so that no two spellings look alike.
//
// Next door: fault gives the errors their kinds, secret keeps the keys.
package mail
