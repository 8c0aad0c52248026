// Package page turns positions in lists into opaque cursors and back.
//
// A cursor is sealed under a key of the installation and bound to the list it came
// from: one that was made up, changed or taken from another list or filter is refused,
// so what a query is continued with is always what a query ended with
// (CVE-2026-33503). It also keeps addresses out of URLs.
package page
