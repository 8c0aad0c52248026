// Package httpapi speaks the client's protocol under /api/auth, and OAuth 2.0 below it.
//
// Every protocol endpoint is a row in routes.go and runs through one pipeline, in the
// order that the protocol fixes: media type and body, origin, credentials, schema,
// session, callback, then the endpoint itself. No step is left to an endpoint.
//
// OAuth endpoints (RFC 6749, 7009, 7662, 8693) are in oauth.go and have their own shape.
package httpapi
