// Package wiretest compares copies of values with what encoding/json makes of them.
package wiretest
