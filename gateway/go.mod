module github.com/gatehouse-auth/gatehouse/gateway

go 1.26.0

require (
	github.com/gatehouse-auth/gatehouse/audit v0.0.0
	github.com/gatehouse-auth/gatehouse/authsvc v0.0.0
	github.com/gatehouse-auth/gatehouse/identity v0.0.0
	github.com/gatehouse-auth/gatehouse/shared v0.0.0
)

require (
	github.com/getkin/kin-openapi v0.153.0 // indirect
	github.com/go-jose/go-jose/v4 v4.1.9 // indirect
	github.com/google/go-cmp v0.7.0 // indirect
	github.com/gorilla/mux v1.8.1 // indirect
	pgregory.net/rapid v1.3.0 // indirect
)

replace github.com/gatehouse-auth/gatehouse/shared => ../shared

replace github.com/gatehouse-auth/gatehouse/identity => ../identity

replace github.com/gatehouse-auth/gatehouse/authsvc => ../authsvc

replace github.com/gatehouse-auth/gatehouse/audit => ../audit
