// Package border says what of a context may pass from one module to another: the
// deadline, cancellation, the principal and the trace. Every way between modules, in
// process or not, hands its handler a context made here, so code that leans on
// anything else (a transaction in the context, say) fails in every shape.
package border
