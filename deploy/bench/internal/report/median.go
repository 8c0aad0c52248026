package report

import (
	"cmp"
	"slices"
	"strconv"
	"time"
)

// median returns the middle value, of an even number of them the lower middle one: always
// one that was measured. It returns the zero value of an empty list.
func median[T cmp.Ordered](values []T) T {
	if len(values) == 0 {
		var none T
		return none
	}
	ordered := slices.Sorted(slices.Values(values))
	return ordered[(len(ordered)-1)/2]
}

const dash = "–"

// number writes three significant digits and never an exponent.
func number(value float64) string {
	decimals := 0
	switch {
	case value == 0:
	case value < 0.1:
		decimals = 4
	case value < 1:
		decimals = 3
	case value < 10:
		decimals = 2
	case value < 100:
		decimals = 1
	}
	return strconv.FormatFloat(value, 'f', decimals, 64)
}

// millis writes a duration in milliseconds.
func millis(d time.Duration) string { return number(d.Seconds() * 1000) }

// micros writes a duration in microseconds.
func micros(d time.Duration) string { return number(d.Seconds() * 1e6) }

func mebibytes(bytes int64) string { return number(float64(bytes) / (1 << 20)) }
