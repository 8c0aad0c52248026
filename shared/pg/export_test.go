package pg

// LockKey is the key of the migration lock, for tests that hold it.
const LockKey = lockKey
