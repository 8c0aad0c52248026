package events_test

import (
	"sync"
	"testing"

	"github.com/gatehouse-auth/gatehouse/shared/events"
)

func arrived(news <-chan struct{}) bool {
	select {
	case <-news:
		return true
	default:
		return false
	}
}

func TestLocal_Publish(t *testing.T) {
	t.Parallel()
	var wake events.Local
	wake.Publish("nobody listens")
	a1, endA1 := wake.Subscribe("a")
	a2, _ := wake.Subscribe("a")
	b, _ := wake.Subscribe("b")
	for range 3 {
		wake.Publish("a") // never waits, however slow the subscribers
	}
	if !arrived(a1) || !arrived(a2) {
		t.Error("news did not reach every subscriber of the source")
	}
	if arrived(a1) {
		t.Error("news that nobody picked up did not become one")
	}
	if arrived(b) {
		t.Error("news reached a subscriber of another source")
	}
	endA1()
	endA1() // once more changes nothing
	wake.Publish("a")
	if arrived(a1) || !arrived(a2) {
		t.Error("the end of one subscription is not the end of that one alone")
	}
}

func TestLocal_Concurrency(t *testing.T) {
	t.Parallel()
	var wake events.Local
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100 {
				news, end := wake.Subscribe("a")
				wake.Publish("a")
				if !arrived(news) {
					t.Error("a subscriber missed its own news")
				}
				end()
			}
		})
	}
	all.Wait()
}
