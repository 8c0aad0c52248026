// Writes better-call.json: what the cookie code of the client protocol's reference, better-call
// 1.4.5, makes of the headers and values below. Usage: node better-call.mjs <folder of better-call> > better-call.json
import { pathToFileURL } from 'node:url';
const from = (file) => import(pathToFileURL(`${process.argv[2]}/dist/${file}`));
const { parseCookies } = await from('cookies.mjs');
const { signCookieValue } = await from('crypto.mjs');
const headers = ['a=1', 'a=1; b=2', 'a=1;b=2', ' a = 1 ;  b = 2 ', 'a=1; a=2', 'a=; a=2', 'a', 'a; b=1', ';;a=1;;', 'a=b=c', 'a="quoted"', 'a="open', 'a="', 'a=""', 'a="a;b=2"',
 'a=%41%2B%2F%3D', 'a=+', 'a=a+b%20c', 'a=%', 'a=%zz', 'a=%E2%82%AC', 'a=%FF', 'a=%C3%28', 'a=100%; b=%41', 'a=x%00y', 'a=tok.ab+/=', 'better-auth.session_token=x.y; __Secure-better-auth.session_token=z',
 'a=\t1\t', 'A=1; a=2', 'a.0=1; a.1=2', 'a=%2525', 'a=%c3%a4', 'a=ä', 'b; ; a=1; c', 'a=1; b', 'a%20b=1'];
const values = ['true', 'abc', 'a.b.c', 'token:', '2fa-abc', 'ä€😀', 'a b+c', "!'()*~-_", '%', 'x'.repeat(43)];
const secrets = ['oracle-secret-abcdefghijklmnopqrstuvwxyz-0123456789', 'gehëim'];
const out = { headers: headers.map(h => ({ header: h, cookies: Object.fromEntries(parseCookies(h)) })), signed: [] };
for (const secret of secrets) for (const value of values) out.signed.push({ secret, value, wire: await signCookieValue(value, secret) });
console.log(JSON.stringify(out, null, 1));
