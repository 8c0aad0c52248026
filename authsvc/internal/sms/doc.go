// Package sms hands text messages to whatever service a team sends them with: it posts them
// to a webhook of the team's, signed as Standard Webhooks says
// (https://www.standardwebhooks.com), for which ready-made libraries exist.
//
//	POST <the webhook's URL>
//	webhook-id: <names the message; the same in every attempt>
//	webhook-timestamp: <seconds since 1970>
//	webhook-signature: v1,<base64 of HMAC-SHA256 over "id.timestamp.body">
//
//	{"to": "+4915550100", "text": "Your one-time code: 271828", "code": "271828"}
//
// An answer of 2xx means that the message was taken over. 400, 413 and 422 mean that it never
// will be; anything else is tried again.
package sms
