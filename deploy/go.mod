module github.com/gatehouse-auth/gatehouse/deploy

go 1.26.0

require (
	github.com/gatehouse-auth/gatehouse/audit v0.0.0
	github.com/gatehouse-auth/gatehouse/authsvc v0.0.0
	github.com/gatehouse-auth/gatehouse/gateway v0.0.0
	github.com/gatehouse-auth/gatehouse/identity v0.0.0
	github.com/gatehouse-auth/gatehouse/shared v0.0.0
)

replace github.com/gatehouse-auth/gatehouse/shared => ../shared

replace github.com/gatehouse-auth/gatehouse/identity => ../identity

replace github.com/gatehouse-auth/gatehouse/authsvc => ../authsvc

replace github.com/gatehouse-auth/gatehouse/audit => ../audit

replace github.com/gatehouse-auth/gatehouse/gateway => ../gateway
