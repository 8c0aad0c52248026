// Package system composes the modules into the product: which there are, in which order
// they start, who may call whom, and the operator's commands.
package system
