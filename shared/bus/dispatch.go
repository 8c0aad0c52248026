package bus

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
	"github.com/gatehouse-auth/gatehouse/shared/principal"
	"github.com/gatehouse-auth/gatehouse/shared/trace"
)

const traceparentHeader = "Traceparent"

// work answers one message.
type work func(ctx context.Context, message []byte) ([]byte, error)

// endpoint runs do for each message, as many at a time as the lane has places, and
// refuses the others at once.
func (s *Service) endpoint(base context.Context, places lane, do work) micro.Handler {
	return micro.HandlerFunc(func(r micro.Request) {
		switch {
		case r.Reply() == "": // nobody waits for the answer: not a call
		case !places.enter():
			s.send(faultMessage(r.Reply(), ErrOverloaded))
		default:
			go func() {
				defer places.leave()
				answer, err := s.perform(base, r, do)
				s.reply(r.Reply(), answer, err)
			}()
		}
	})
}

func (s *Service) perform(base context.Context, r micro.Request, do work) (answer []byte, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fault.From(fmt.Errorf("panic: %v", v))
			s.link.log.Error().Str("subject", r.Subject()).Msgf("panic: %v\n%s", v, debug.Stack())
		}
	}()
	ctx, cancel, err := s.enter(base, r.Headers())
	if err != nil {
		return nil, err
	}
	defer cancel()
	return do(ctx, r.Data())
}

// enter builds the context of the far side from the headers. A principal that does not
// verify ends the call; none at all is for the handler to judge.
func (s *Service) enter(base context.Context, header micro.Headers) (context.Context, context.CancelFunc, error) {
	budget, err := budgetOf(header.Get(timeoutHeader))
	if err != nil {
		return nil, nil, err
	}
	span := trace.Span{RequestID: header.Get(httpx.RequestIDHeader), Traceparent: header.Get(traceparentHeader)}
	ctx := trace.With(base, span)
	if sealed := header.Get(httpx.PrincipalHeader); sealed != "" {
		p, err := s.conn.sealer.Open(sealed, s.conn.cfg.Module, span.RequestID)
		if err != nil {
			return nil, nil, err
		}
		ctx = principal.With(ctx, p)
	}
	ctx, cancel := context.WithTimeout(ctx, budget)
	return ctx, cancel, nil
}

// maxBudget bounds calls that say nothing of their deadline; a method's own timeout is
// shorter.
const maxBudget = answerWithin

// budgetOf reads how long the caller will still wait, and keeps a little back so that the
// answer arrives before the caller has left.
func budgetOf(text string) (time.Duration, error) {
	if text == "" {
		return maxBudget, nil
	}
	ms, err := strconv.ParseInt(text, 10, 32)
	if err != nil || ms <= 0 {
		return 0, fault.From(context.DeadlineExceeded)
	}
	budget := min(time.Duration(ms)*time.Millisecond, maxBudget)
	return budget - min(budget/10, 5*time.Millisecond), nil
}

// reply sends the answer, or the fault in its place.
func (s *Service) reply(to string, answer []byte, err error) {
	if err != nil {
		s.send(faultMessage(to, fault.From(err)))
		return
	}
	if int64(len(answer)) > s.link.nats.MaxPayload() {
		s.send(faultMessage(to, ErrAnswerTooLarge))
		return
	}
	s.send(&nats.Msg{Subject: to, Data: answer})
}

func (s *Service) send(msg *nats.Msg) {
	err := s.link.nats.PublishMsg(msg)
	if errors.Is(err, nats.ErrMaxPayload) { // a fault with an endless message
		err = s.link.nats.PublishMsg(faultMessage(msg.Subject, ErrAnswerTooLarge))
	}
	if err != nil {
		s.link.log.Warn().Err(err).Msg("an answer could not be sent")
	}
}
