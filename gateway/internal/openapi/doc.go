// Package openapi writes the OpenAPI 3.1 document of everything that is served now,
// from the route tables alone.
package openapi
