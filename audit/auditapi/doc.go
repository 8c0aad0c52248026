// Package auditapi is the contract of the audit module. It names the service and its
// permissions; the module itself is reached over HTTP and calls nobody but the
// event feeds of the others.
package auditapi
