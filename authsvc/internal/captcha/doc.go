// Package captcha asks hCaptcha, Turnstile or reCAPTCHA whether a person solved a
// challenge. Where it cannot be asked, the answer is no.
package captcha
