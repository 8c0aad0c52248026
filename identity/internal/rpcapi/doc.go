// Package rpcapi serves the contract of the module to other modules: it decodes ids,
// calls one service method and answers in the types of identityapi.
//
// Who may call which method is decided by the graph, before a call gets here.
//
// Next door: identityapi declares the methods, httpapi serves people.
package rpcapi
