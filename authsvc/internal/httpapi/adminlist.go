package httpapi

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/admin"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// listForm is the query of a list of users.
var listForm = &schema{fields: []field{
	{name: "searchValue", optional: true},
	{name: "searchField", judge: oneOf("email", "name"), optional: true},
	{name: "searchOperator", judge: oneOf("contains", "starts_with", "ends_with"), optional: true},
	{name: "limit", judge: once, optional: true},
	{name: "offset", judge: once, optional: true},
	{name: "sortBy", optional: true},
	{name: "sortDirection", judge: oneOf("asc", "desc"), optional: true},
	{name: "filterField", optional: true},
	{name: "filterValue", judge: anything, optional: true},
	{
		name: "filterOperator", optional: true,
		judge: oneOf("eq", "ne", "lt", "lte", "gt", "gte", "in", "not_in", "contains", "starts_with", "ends_with"),
	},
}}

// listFields are the fields that users can be selected and ordered by: the protocol's
// names, and identity's.
var listFields = map[string]string{
	"id": "id", "email": "email", "emailVerified": "email_verified", "name": "name", "username": "username",
	"displayUsername": "display_username", "phoneNumber": "phone_number", "phoneNumberVerified": "phone_number_verified",
	"isAnonymous": "anonymous", "role": "role", "banned": "banned", "banReason": "ban_reason", "banExpires": "ban_expires",
	"createdAt": "created_at", "updatedAt": "updated_at",
}

// defaultList is how many users a list without a limit returns.
const defaultList = 100

type usersAnswer struct {
	Users  []userAnswer `json:"users"`
	Total  int          `json:"total"`
	Limit  int          `json:"limit,omitempty"`
	Offset int          `json:"offset,omitempty"`
}

func adminListUsers(x *exchange) error {
	q, limit, known := searchOf(x.query)
	if limit > admin.MaxList {
		return fault.New(fault.Invalid, "VALIDATION_ERROR", fmt.Sprintf("[query.limit] Too big: expected number to be <=%d", admin.MaxList))
	}
	if !known { // the protocol answers a search that cannot be made like one that finds nobody
		q = identityapi.ListUsersIn{SortBy: "nothing"}
	}
	users, total, err := x.api.Admin.List(x.r.Context(), x.caller(), q)
	if err != nil {
		return err
	}
	answer := usersAnswer{Users: make([]userAnswer, 0, len(users)), Total: total}
	if known {
		answer.Limit, answer.Offset = limit, q.Offset
	}
	for _, user := range users {
		answer.Users = append(answer.Users, answerUser(user))
	}
	return x.json(answer)
}

// searchOf returns the search that the query asks for, and its limit if it has one; false
// if it cannot be made.
func searchOf(query values) (q identityapi.ListUsersIn, limit int, known bool) {
	limit, limitOK := whole(query.text("limit"))
	offset, offsetOK := whole(query.text("offset"))
	q = identityapi.ListUsersIn{
		SearchField: query.text("searchField"), SearchOperator: query.text("searchOperator"), SearchValue: query.text("searchValue"),
		SortDirection: query.text("sortDirection"), Limit: limit, Offset: offset,
	}
	if limit == 0 {
		q.Limit = defaultList
	}
	known = limitOK && offsetOK
	if by := query.text("sortBy"); by != "" {
		q.SortBy = listFields[by]
		known = known && q.SortBy != ""
	}
	value, filtered := query["filterValue"]
	if !filtered {
		return q, limit, known
	}
	q.FilterOperator = query.text("filterOperator")
	q.FilterField = "email"
	if name := query.text("filterField"); name != "" {
		q.FilterField = listFields[name]
	}
	all, isList := value.([]string)
	if isMember := q.FilterOperator == "in" || q.FilterOperator == "not_in"; isMember != isList {
		known = false
	}
	if text, one := value.(string); one {
		all = []string{text}
	}
	q.FilterValues = all
	return q, limit, known && q.FilterField != ""
}

// maxWhole is the largest number that counts and JavaScript can count with.
const maxWhole = 1 << 53

// whole returns the number that a text is, 0 for none and for what is no number, as the
// protocol reads it; false for one that cannot bound a list.
func whole(text string) (int, bool) {
	n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || math.IsNaN(n) {
		return 0, true
	}
	if n < 0 || n > maxWhole || n != math.Trunc(n) {
		return 0, false
	}
	return int(n), true
}
