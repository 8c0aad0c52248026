package events_test

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gatehouse-auth/gatehouse/shared/events"
	"github.com/gatehouse-auth/gatehouse/shared/pg"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

func ExampleLocal() {
	var wake events.Local
	news, unsubscribe := wake.Subscribe("catalog")
	defer unsubscribe()
	wake.Publish("catalog")
	wake.Publish("catalog")
	<-news
	fmt.Println("woken, pending:", len(news))
	// Output: woken, pending: 0
}

// A change and its event commit together.
func ExampleAdd() {
	_ = func(ctx context.Context, db *pgxpool.Pool, isbn string) error {
		body, err := json.Marshal(map[string]string{"isbn": isbn})
		if err != nil {
			return err
		}
		return pg.InTx(ctx, db, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, "insert into books (isbn) values ($1)", isbn); err != nil {
				return err
			}
			return events.Add(ctx, tx, events.Event{
				Type: "catalog.book_added.v1", Key: isbn, Outcome: events.Success, Body: body,
			})
		})
	}
}

// Both ends of a feed: the loops of the module that has the events, and of the one that
// keeps count of them.
func Example() {
	added := events.FeedMethod("catalog") // in the contract of catalog

	_ = func(ctx context.Context, db *pgxpool.Pool, wake events.Wake) (rpc.Handler, error) {
		relay, err := events.NewRelay(events.RelayConfig{Source: "catalog", DB: db, Wake: wake})
		if err != nil {
			return rpc.Handler{}, err
		}
		go relay.Run(ctx)
		return added.Handle(events.NewFeed(db).Read), nil
	}

	_ = func(ctx context.Context, db *pgxpool.Pool, call rpc.Caller, wake events.Wake) error {
		reader, err := events.NewConsumer(events.ConsumerConfig{
			Name: "statistics", Method: added, Caller: call, DB: db, Wake: wake,
			Handle: func(ctx context.Context, tx pgx.Tx, batch []events.Event) error {
				_, err := tx.Exec(ctx, "update statistics set books = books + $1", len(batch))
				return err
			},
		})
		if err != nil {
			return err
		}
		return reader.Run(ctx)
	}
}
