// Package captcha asks hCaptcha whether a person solved its challenge. Where it cannot be
// asked, the answer is no.
package captcha
