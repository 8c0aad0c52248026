package logging_test

import (
	"context"
	"os"
	"time"

	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/shared/logging"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

func Example() {
	log, err := logging.New(os.Stdout, logging.Config{
		Service: "shop",
		Now:     func() time.Time { return time.Date(2026, 3, 4, 12, 5, 6, 7e6, time.UTC) },
	})
	if err != nil {
		panic(err)
	}
	ctx := log.WithContext(context.Background())
	zerolog.Ctx(ctx).Info().Any("key", secret.Text("0x5eed")).Msg("opened")
	logging.Slog(log).Warn("slow", "tries", 3)
	// Output:
	// {"level":"info","service":"shop","key":"[redacted]","time":"2026-03-04T12:05:06.007Z","message":"opened"}
	// {"level":"warn","service":"shop","tries":3,"time":"2026-03-04T12:05:06.007Z","message":"slow"}
}
