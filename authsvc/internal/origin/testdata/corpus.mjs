// Writes corpus.json: what the client protocol's reference, better-auth 1.7.25, decides
// about the links and sources below. Usage: node corpus.mjs <folder of better-auth> > corpus.json
import { pathToFileURL } from 'node:url';
const { matchesOriginPattern } = await import(pathToFileURL(`${process.argv[2]}/dist/auth/trusted-origins.mjs`));

const evil = 'evil.com', hosts = ['t.com', 'a.w.com'];
const links = new Set();
const add = (...all) => all.forEach((l) => links.add(l));

// Past vulnerability 41 (GHSA-vp58-j275-797x), 72 (CVE-2020-15234, CVE-2026-28512,
// CVE-2024-52289, CVE-2023-6134): open redirects by weak matching.
for (const t of hosts) add(
  `https://${t}`, `https://${t}/`, `https://${t}/a/b?c=d#e`, `https://${t}?x`, `https://${t}#x`, `https://${t}:443/`, `https://${t}:8443/`, `https://${t}:/`,
  `http://${t}/`, `http://${t}:80/`, `http://${t}:443/`, `HTTPS://${t}/`, `https://${t.toUpperCase()}/`, `https://${t}./`, `https://${t}:0443/`, `https://${t}:99999/`, `https://${t}:a/`,
  `https://${t}.${evil}/`, `https://${t}${evil}/`, `https://${evil}/${t}`, `https://${evil}?${t}`, `https://${evil}#${t}`, `https://${evil}/?u=https://${t}`, `https://x${t}/`, `https://-${t}/`,
  `https://${t}@${evil}/`, `https://${t}:pw@${evil}/`, `https://${t}%40${evil}/`, `https://user@${t}/`, `https://user:pw@${t}/`, `https://@${t}/`, `https://${evil}@${t}/`,
  `https://${evil}\\@${t}/`, `https://${evil}\\.${t}/`, `https://${t}\\.${evil}/`, `https://${t}\\@${evil}/`, `https:\\\\${t}/`, `https:/${t}/`, `https:${t}/`, `https:///${t}/`, `https:////${t}/`,
  `https://${t}/\\${evil}`, `https://${t}/\n`, `https://${t}\n.${evil}/`, `https://${t}\t/`, `https://${t}\u0000/`, ` https://${t}/`, `https://${t}/ `, `ht\ntps://${t}/`, `\u0001https://${t}/`,
  `https://${t}%2e${evil}/`, `https://${t}%2f.${evil}/`, `https://${t}%00.${evil}/`, `https://${t}%0d%0aset-cookie:x`, `https://${t.replace('.', '%2e')}/`, `https://${t.replace('.', '。')}/`, `https://${t.replace('t', 'ｔ')}/`,
  `https://${t.replace('.com', '.cоm')}/`, `https://${t};${evil}/`, `https://${t},${evil}/`, `https://${t}'${evil}/`, `https://${t}&${evil}/`, `https://${t}$${evil}/`, `https://${t}!${evil}/`, `https://${t}*`, `https://[${t}]/`,
  `//${t}/`, `///${t}`, `////${t}`, `/\\${t}`, `\\\\${t}`, `\\/${t}`, t, `${t}/path`, `${t}:443`, `ftp://${t}/`, `ws://${t}/`, `wss://${t}/`, `javascript://${t}/%0aalert(1)`, `data://${t}/,x`, `blob:https://${t}/x`,
  `feed:https://${t}`, `view-source:https://${t}`, `filesystem:https://${t}/x`, `intent://${t}/#Intent;end`, `https://${t}/../..//${evil}`, `https://${t}/%2f%2f${evil}`, `https://${t}/@${evil}`,
);
add('/', '/a', '/a/b?c=d#e', '/../b', '/./b', '/a/../../b', '//', '//a', '///a', `//${evil}`, `/\\${evil}`, `\\${evil}`, `/\t/${evil}`, `/\n/${evil}`, `/\r\n/${evil}`, '/a\u0000', '/a\u007f', '/a\u0085', `/%2f${evil}`, `/%2F${evil}`,
  `/%5c${evil}`, `/%5C${evil}`, `/%09/${evil}`, `/a?next=%2f%2f${evil}`, `/a?next=//${evil}`, `/a#//${evil}`, `/a?b=%5c`, `/a//b`, `/.//${evil}`, `/..//${evil}`, `/a/..//${evil}`, `/%2e%2e//${evil}`, `/@${evil}`, `/:${evil}`, `/;@${evil}`,
  '/a b', '/ä', '/😀', `/${'a'.repeat(3000)}`, `/／${evil}`, `/∕${evil}`, ' /a', '\t/a', 'a', 'a/b', './a', '../a', '?a', '#a', '', ' ', '.', '..', '%2fa', '/%', '/%zz', '/javascript:alert(1)', '/https://t.com');
add('javascript:alert(1)', 'JavaScript:alert(1)', 'java\nscript:alert(1)', ' javascript:alert(1)', 'javascript:/alert(1)', 'javascript:https://t.com', 'data:text/html,x', 'vbscript:x', 'file:///etc/passwd', 'file://t.com/x', 'about:blank', 'mailto:a@t.com', 'tel:1',
  'https:', 'https://', 'https:///', 'https://?', 'https://#', 'https://@', 'https://:443', 'http', 'http:', '://t.com', ':', '::', 'https//t.com', 'https;//t.com', 'null', 'undefined', '*', 'https://*', 'https://*.w.com/', 'https://t.com*');
add('https://w.com/', 'https://.w.com/', 'https://a..w.com/', 'https://a.b.w.com/', 'https://a.w.com.evil.com/', 'https://evil.com/.w.com', 'https://evil.com?.w.com', 'https://evil.com#.w.com', 'https://evilw.com/', 'https://a.w.com:8443/', 'http://a.w.com/', 'https://x_y.w.com/',
  'https://a-b.w.com/', 'https://xn--bcher-kva.w.com/', 'https://bücher.w.com/', 'https://a%2eb.w.com/', 'https://a/.w.com', 'https://a\\.w.com', 'https://a@b.w.com/', 'https://a.h.com/', 'http://a.h.com/', 'https://a.h.com:8443/', 'https://h.com/', 'javascript://a.h.com/%0aalert(1)', 'ftp://a.h.com/');
add('http://192.168.0.1/', 'http://192.168.255.255:81/', 'http://192.168.0.1:8080/', 'http://192.168.evil.com/', 'http://192.168.0.1.evil.com/', 'http://192.168.256.1/', 'http://192.168.1/', 'http://192.168.0x1.1/', 'http://3232235521/', 'http://192.168.0.01/', 'http://192.168.0.1./',
  'http://127.0.0.1:3001/', 'http://127.1:3001/', 'http://2130706433:3001/', 'http://0x7f.1:3001/', 'http://0177.0.0.1:3001/', 'http://[::1]:3001/', 'http://[0:0:0:0:0:0:0:1]:3001/', 'http://[::1%25lo]:3001/', 'http://[::ffff:127.0.0.1]:3001/', 'http://[::1]/', 'http://localhost:3001/', 'http://LOCALHOST:3001/', 'http://localhost:5173/', 'http://localhost/', 'http://localhost.:3001/', 'http://localhost:3001@evil.com/', 'http://localhost:30011/', 'http://app.0x/', 'http://app.1/');
add('myapp://', 'myapp:', 'myapp:///', 'myapp://x', 'myapp://x/y?z#w', 'MyApp://X', 'myapp:x', 'myapp:/x', 'myapp://@x', 'myapp://evil.com', 'myapp2://x', 'xmyapp://x', 'myapp.evil://x', 'myapp://x\n', 'myapp://x\\y', 'my app://x',
  'pin://host/cb', 'pin://host/cb/', 'pin://host/cb/x', 'pin://host/cbx', 'pin://host/cb/../evil', 'pin://host/cb/%2e%2e/evil', 'pin://host/cb%2f..%2fevil', 'pin://host/./cb', 'pin://HOST/cb', 'pin://host/CB', 'pin://host', 'pin://host/', 'pin://host:1/cb', 'pin://user@host/cb', 'pin://host.evil.com/cb', 'pin:///cb', 'pin:host/cb', 'pin://host/cb?x=../evil', 'pin://host/cb#x', 'pin://evil/host/cb',
  'exp://192.168.0.5:8081', 'exp://192.168.0.5:8081/--/cb', 'exp://192.168.evil.com:8081', 'exp://10.0.0.1:8081', 'exp://a@192.168.0.5:8081', 'exp://', 'exp://192.168.0.5',
  'wild://a.dev/cb/x', 'wild://a.dev/cb/x/y', 'wild://a.dev/cb', 'wild://a.dev/cb/', 'wild://a.b.dev/cb/x', 'wild://dev/cb/x', 'wild://a.dev/cb/../x', 'wild://a.dev:1/cb/x', 'deep://h/a/b/c', 'deep://h/a', 'deep://h', 'deep://h/x/a');

const trusted = ['https://t.com', 'https://*.w.com', '*.h.com', 'http://192.168.*.*', 'http://127.0.0.1:3001', 'http://[::1]:3001', 'http://localhost:*', 'myapp://', 'pin://host/cb', 'exp://192.168.*.*:*', 'wild://*.dev/cb/*', 'deep://h/**'];
const verdict = (url, settings) => trusted.some((p) => matchesOriginPattern(url, p, settings));
const rows = [...links].map((url) => ({ url, link: verdict(url, { allowRelativePaths: true }), source: verdict(url) }));
console.log(`{"trusted":${JSON.stringify(trusted)},"rows":[\n${rows.map((r) => JSON.stringify(r)).join(',\n')}\n]}`);
