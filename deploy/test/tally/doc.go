// Command tally reads what go test -json writes and prints what a person wants to see of it:
// one line per package, everything that a failing test said, what tests say of themselves
// after the word "summary:", every test that was skipped, and one closing line. It exits
// with 1 unless everything passed.
package main
