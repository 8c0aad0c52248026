// Package breach knows the passwords that were found in other people's breaches: it asks a
// range service such as Have I Been Pwned's, or looks into that service's list on disk.
//
// The service learns the first five of the forty digits of a password's SHA-1, which
// thousands of passwords share, and from padded answers nobody on the way learns which.
// Where it cannot be asked there is no verdict, and so no new password (ADR 0018).
package breach
