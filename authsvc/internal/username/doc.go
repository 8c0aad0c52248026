// Package username says what a username is: three to thirty letters, digits, underscores and
// dots. It is compared without regard to case; how its owner spells it is a display name.
//
// Next door: identity keeps usernames and knows which are taken.
package username
