package identityapi

import (
	"time"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

// Bounds of lists.
const (
	MaxListUsers = 100 // of one ListUsers
	MaxFindUsers = 500 // of one FindUsers
	// MaxListImage is the size of an image in bytes from which lists leave it out: an
	// image may be a data URL, and a list of them would not fit into an answer.
	MaxListImage = 512
)

// ErrListInvalid is returned for a list that cannot be made.
var ErrListInvalid = fault.New(fault.Invalid, "identity.list_invalid", "Users cannot be selected or ordered like this.")

// ListUsers returns a part of the users that match the search and the filter, and how many
// match in all. ErrListInvalid for a field or operator that is not listed here, a value
// that does not fit its field, a negative bound, or text that cannot be stored.
var ListUsers = rpc.Method[ListUsersIn, ListUsersOut]{
	Service: Service, Name: "list_users", Major: 1, Timeout: 5 * time.Second, Idempotent: true,
}

// ListUsersIn is the input of ListUsers. Fields to filter and sort by are those of User by
// their names in JSON, except image; roles are "role" there: comma-separated in order, and
// without the role user unless it is the only one. Times are in RFC 3339, with or without
// the time of day.
type ListUsersIn struct {
	SearchField    string   `json:"search_field"`    // email (if empty), name
	SearchOperator string   `json:"search_operator"` // contains (if empty), starts_with, ends_with
	SearchValue    string   `json:"search_value"`    // empty: no search
	FilterField    string   `json:"filter_field"`    // empty: no filter
	FilterOperator string   `json:"filter_operator"` // eq (if empty), ne, lt, lte, gt, gte, in, not_in, contains, starts_with, ends_with
	FilterValues   []string `json:"filter_values"`   // one; any number up to 100 for in and not_in
	SortBy         string   `json:"sort_by"`         // empty: created_at
	SortDirection  string   `json:"sort_direction"`  // asc (if empty), desc
	Limit          int      `json:"limit"`           // 0 and above MaxListUsers: MaxListUsers
	Offset         int      `json:"offset"`
}

// ListUsersOut is the output of ListUsers.
type ListUsersOut struct {
	Users []User `json:"users"`
	Total int    `json:"total"`
}

// FindUsers returns the active users among at most MaxFindUsers ids, in no order.
var FindUsers = rpc.Method[FindUsersIn, FindUsersOut]{
	Service: Service, Name: "find_users", Major: 1, Timeout: 3 * time.Second, Idempotent: true,
}

// FindUsersIn is the input of FindUsers.
type FindUsersIn struct {
	IDs []string `json:"ids"`
}

// FindUsersOut is the output of FindUsers.
type FindUsersOut struct {
	Users []User `json:"users"`
}
