// Package notice writes the mails that authsvc sends: subject, plain text and HTML, in
// the reader's language, with the one link or code that each of them is about. Links
// begin with the configured base URL, never with anything from a request (Zitadel
// CVE-2025-64101).
//
// A kind of mail is a name and, for each locale, a pair of files:
//
//	templates/en/reset.txt    "Subject: ..." in the first line, then the text (text/template)
//	templates/en/reset.html   what goes into templates/layout.html (html/template)
//
// To add one: write its files in every locale (en and de), and a method of Writer in the
// file of your concept that fills in content and calls write with the name. That is all;
// the tests walk every kind in every locale, and fail until each of them has both files
// and shows the link or the code that the English text shows. A kind without an HTML file
// is text only, as an SMS is.
//
// A team changes the texts without changing the program: a file of the same path in the
// folder of GATEHOUSE_MAIL_TEMPLATES replaces the embedded one, and a folder of another
// locale there adds that. What is wrong with a file is said at the start.
package notice
