package embedded_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/shared/pg/embedded"
)

func ExampleStart() {
	run := func(ctx context.Context) error {
		server, err := embedded.Start(ctx, embedded.Config{
			Dir:  filepath.Join(".", ".data"),
			Hint: "name a database of your own with DATABASE_URL",
			Log:  zerolog.New(os.Stderr),
		})
		if err != nil {
			return err
		}
		defer func() { fmt.Println(server.Stop(context.WithoutCancel(ctx))) }()
		fmt.Println("an administrator connects to", server.URL())
		return nil
	}
	_ = run
}
