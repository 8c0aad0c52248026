module github.com/gatehouse-auth/gatehouse/audit

go 1.26.0

require github.com/gatehouse-auth/gatehouse/shared v0.0.0

require (
	github.com/google/go-cmp v0.7.0 // indirect
	pgregory.net/rapid v1.3.0 // indirect
)

require (
	github.com/gatehouse-auth/gatehouse/authsvc v0.0.0
	github.com/gatehouse-auth/gatehouse/identity v0.0.0
	github.com/go-json-experiment/json v1.27.2 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/jackc/pgpassfile v1.0.0 // indirect
	github.com/jackc/pgservicefile v0.0.0-20240606120523-5a60cdf6a761 // indirect
	github.com/jackc/pgx/v5 v5.12.0 // indirect
	github.com/mattn/go-colorable v0.1.14 // indirect
	github.com/mattn/go-isatty v0.0.20 // indirect
	github.com/rs/zerolog v1.35.1 // indirect
	github.com/transparency-dev/formats v0.1.1 // indirect
	github.com/transparency-dev/merkle v0.0.2 // indirect
	golang.org/x/crypto v0.58.0 // indirect
	golang.org/x/mod v0.42.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/text v0.43.0 // indirect
)

replace github.com/gatehouse-auth/gatehouse/shared => ../shared

replace github.com/gatehouse-auth/gatehouse/identity => ../identity

replace github.com/gatehouse-auth/gatehouse/authsvc => ../authsvc
