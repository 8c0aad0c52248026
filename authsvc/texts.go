package authsvc

import (
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/sms"
	"github.com/gatehouse-auth/gatehouse/shared/mail"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// Texts are the settings of text messages.
type Texts struct {
	SMSWebhookURL    string      `envconfig:"SMS_WEBHOOK_URL" desc:"where text messages are posted to be sent; empty: development shows them at /dev/mailbox, production sends none"`
	SMSWebhookSecret secret.Text `envconfig:"SMS_WEBHOOK_SECRET" desc:"secret that signs what is posted there, as text or whsec_<base64> (Standard Webhooks)"`
}

// texts returns what text messages leave through; nil if none are sent.
func (c Config) texts(development bool, now func() time.Time, mailbox *mail.Mailbox) (mail.Sender, error) {
	if c.SMSWebhookURL != "" {
		sender, err := sms.New(sms.Config{URL: c.SMSWebhookURL, Secret: c.SMSWebhookSecret, Now: now})
		return sender, prefixed("GATEHOUSE_SMS_WEBHOOK_URL or GATEHOUSE_SMS_WEBHOOK_SECRET", err)
	}
	if development && mailbox != nil {
		return mailbox, nil
	}
	return nil, nil
}
