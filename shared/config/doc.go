// Package config fills structs from settings: environment variables named
// PREFIX_NAME, and for secrets the file that PREFIX_NAME_FILE names. It also prints
// the table of all settings and finds misspelt ones.
//
// The invariants: every fault is reported at once, each as one sentence that names
// the setting and says what is expected; no value is ever repeated, because a secret
// may sit in the wrong variable; an empty variable counts as unset.
//
// The environment comes in as a map, so tests load settings in parallel; the main
// function of a program is the only place that asks the process for it.
//
// Names and nesting follow github.com/kelseyhightower/envconfig and its struct tags:
// envconfig (name), default, required, desc, ignored, split_words. That library lists
// the fields. It does not read the values, for three reasons: it knows the process
// environment only, it falls back to a variable without the prefix (a setting DATA
// would be taken from $DATA), and its errors repeat the value.
//
// Next door: secret has the type of settings that must never be printed.
package config
