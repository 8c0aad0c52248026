// Package audittest gives tests a log over a PostgreSQL of their own.
package audittest
