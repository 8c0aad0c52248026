package bus

import (
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

// Faults of the way there and back.
var (
	// ErrLost means that the connection went while a call was under way: nothing is
	// known about its effect.
	ErrLost = fault.New(fault.Unavailable, "bus.lost", "The connection was lost on the way. Try again shortly.").
		WithRetryAfter(time.Second)
	// ErrOverloaded means that the service is busy and did not begin the call.
	ErrOverloaded = fault.New(fault.Overloaded, "bus.overloaded", "The service is busy. Try again shortly.")
	// ErrRequestTooLarge means that a call was not sent: it exceeds what the bus carries.
	ErrRequestTooLarge = fault.New(fault.TooLarge, "bus.request_too_large", "The request is larger than the bus carries (1 MiB).")
	// ErrAnswerTooLarge means that a call ran and its answer exceeds what the bus carries.
	ErrAnswerTooLarge = fault.New(fault.TooLarge, "bus.answer_too_large", "The answer is larger than the bus carries (1 MiB). Ask for less at a time.")
	// ErrAnswer means that a call ran and its answer could not be read.
	ErrAnswer = fault.New(fault.Internal, "bus.answer", "The service answered in a form that could not be read.")
)

const retryAfterHeader = httpx.InternalPrefix + "Retry-After"

// faultMessage is how a fault travels: kind and code where the tools of NATS look for an
// error, the message as the body, so that no character of it is lost.
func faultMessage(to string, f *fault.Error) *nats.Msg {
	msg := nats.NewMsg(to)
	msg.Header.Set(micro.ErrorCodeHeader, f.Code)
	msg.Header.Set(micro.ErrorHeader, string(f.Kind))
	if f.RetryAfter > 0 {
		msg.Header.Set(retryAfterHeader, f.RetryAfter.String())
	}
	msg.Data = []byte(f.Message)
	return msg
}

// faultOf returns the fault that a message carries, nil if it is an ordinary answer.
func faultOf(msg *nats.Msg) *fault.Error {
	if _, failed := msg.Header[micro.ErrorCodeHeader]; !failed {
		return nil
	}
	f := fault.New(fault.Kind(msg.Header.Get(micro.ErrorHeader)), msg.Header.Get(micro.ErrorCodeHeader), string(msg.Data))
	if after, err := time.ParseDuration(msg.Header.Get(retryAfterHeader)); err == nil {
		f.RetryAfter = after
	}
	return f
}
