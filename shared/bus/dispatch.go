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

// work answers one message of a caller that waits so long.
type work func(ctx context.Context, patience time.Duration, message []byte) ([]byte, error)

// endpoint has the crew do the work of each message, and refuses at once what it has no
// place for.
func (s *Service) endpoint(base context.Context, c *crew, do work) micro.Handler {
	return micro.HandlerFunc(func(r micro.Request) {
		if r.Reply() == "" { // nobody waits for the answer: not a call
			return
		}
		begun := c.begin(func() {
			answer, err := s.perform(base, r, do)
			s.reply(r.Reply(), answer, err)
		})
		if !begun {
			s.send(faultMessage(r.Reply(), ErrOverloaded))
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
	patience, err := budgetOf(r.Headers().Get(timeoutHeader))
	if err != nil {
		return nil, err
	}
	ctx, err := s.enter(base, r.Headers())
	if err != nil {
		return nil, err
	}
	return do(ctx, patience, r.Data())
}

// enter builds the context of the far side from the headers. A principal that does not
// verify ends the call; none at all is for the handler to judge.
func (s *Service) enter(base context.Context, header micro.Headers) (context.Context, error) {
	span := trace.Span{RequestID: header.Get(httpx.RequestIDHeader), Traceparent: header.Get(traceparentHeader)}
	ctx := trace.With(base, span)
	sealed := header.Get(httpx.PrincipalHeader)
	if sealed == "" {
		return ctx, nil
	}
	p, err := s.conn.sealer.Open(sealed, s.conn.cfg.Module, span.RequestID)
	if err != nil {
		return nil, err
	}
	return principal.With(ctx, p), nil
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
