// Package httpapi serves people: the routes under /api/v1 for one's own profile, for
// users, and for roles and grants.
//
// A handler decodes, calls one service method and encodes. Who is calling comes from
// the context's principal and nowhere else; what they may do is decided by the services,
// again, although the edge has looked at the guards in the table already.
//
// Next door: rpcapi serves other modules.
package httpapi
