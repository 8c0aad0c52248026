// Package identitytest gives tests the module's services over a real database of
// their own, with a clock that they set.
package identitytest
