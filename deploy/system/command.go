package system

import (
	"context"
	"fmt"

	"github.com/gatehouse-auth/gatehouse/gateway/gatewayapi"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/kit"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

// grantCommand makes a user an administrator: the way to the first one.
func grantCommand() kit.Command {
	return kit.Command{
		Name: "admin grant", Args: "EMAIL", Summary: "make the user with this address an administrator",
		Run: func(ctx context.Context, env kit.Env, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("%w: gatehouse admin grant EMAIL", kit.ErrUsage)
			}
			return Program().Visit(ctx, env, identityapi.Service, gatewayapi.Service, func(ctx context.Context, call rpc.Caller) error {
				out, err := identityapi.GrantRole.Call(ctx, call, identityapi.GrantRoleIn{
					Email: args[0], Role: identityapi.RoleAdmin, Actor: "operator",
				})
				if err != nil {
					return fmt.Errorf("%s: %s", args[0], fault.From(err).Message)
				}
				_, err = fmt.Fprintf(env.Stdout, "%s is an administrator now.\n", out.User.Email)
				return err
			})
		},
	}
}
