package httpapi

type tokenAnswer struct {
	Token string `json:"token"`
}

// clientToken answers with a JWT of the client protocol. It is also accepted as a bearer
// token by every guarded route.
func clientToken(x *exchange) error {
	signed, err := x.api.Grants.ClientToken(x.r.Context(), x.current)
	if err != nil {
		return err
	}
	return x.json(tokenAnswer{signed})
}

func jwks(x *exchange) error {
	keys, err := x.api.Grants.Keys(x.r.Context())
	if err != nil {
		return err
	}
	x.w.Header().Set("Content-Type", mediaJSON)
	_, err = x.w.Write(keys)
	return err
}
