import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { failure, reasonOf } from '../../../src/lib/base/errors/errors.ts'
import { hideInPath, hideInWords, hideSecrets, hideInCommand } from '../../../src/lib/base/secret-text.ts'

describe('hideSecrets', () => {
  it.each([
    ['connect to mysql://root:secret@h/x failed', 'connect to mysql://***@h/x failed'],
    ['mysql://root:***@127.0.0.1/test does not answer', 'mysql://root:***@127.0.0.1/test does not answer'],
    ['mysql://root@127.0.0.1/test does not answer', 'mysql://root@127.0.0.1/test does not answer'],
    ['nats://secret@h:1 and https://secret@h/x', 'nats://***@h:1 and https://***@h/x'],
    ['root:secret@h', 'root:***@h'],
    ['GET http://h/x?a=1&token=secret&b=2', 'GET http://h/x?a=1&token=***'],
    ['mysql://h/db?password=***&ssl=1', 'mysql://h/db?password=***&ssl=1'],
    ['pg://h/db?sslpassword=***: refused', 'pg://h/db?sslpassword=***: refused'],
    ['mysql://h/db?password=***&sslPassword=secret', 'mysql://h/db?password=***&sslPassword=***'],
    ['a header Authorization: Bearer secret of', 'a header Authorization: ***'],
    ['GET http://h/x?a=1&%74oken=secret&b=2', 'GET http://h/x?a=1&%74oken=***'],
    ['GET http://h/x?a=1#token=secret', 'GET http://h/x?a=1#token=***'],
    ['{"accessToken": "secret", "jwt":"secret"}', '{"accessToken": "***", "jwt":"***"}'],
    ['"cookie": "a=secret"', '"cookie": "***"'],
    ['host=h password=secret user=u', 'host=h password=*** user=u'],
    ['{"password":"secret"}', '{"password":"***"}'],
    ['Bearer secret was refused', 'Bearer *** was refused'],
    // What is no secret.
    ['Access denied for user (using password: YES)', 'Access denied for user (using password: YES)'],
    ['--fault kill-server@20s, 10x@10s:1s,5x@3s:1s', '--fault kill-server@20s, 10x@10s:1s,5x@3s:1s'],
    ['at file:///a/node_modules/@x/y.js:1:2', 'at file:///a/node_modules/@x/y.js:1:2'],
    ['npx -p node@24', 'npx -p node@24'],
    ['with user:password@ if need be', 'with user:password@ if need be'],
    ['GET /search?keyword=shoes&target_session_attrs=any', 'GET /search?keyword=shoes&target_session_attrs=any'],
    ['mongodb://h/x?authSource=admin&sslkey=a.pem', 'mongodb://h/x?authSource=admin&sslkey=a.pem'],
  ])('%s', (text, shown) => {
    expect(hideSecrets(text)).toBe(shown)
    expect(hideSecrets(shown)).toBe(shown)
  })

  it('takes time in proportion to the text', () => {
    for (const piece of ['a:', 'a@', '?a=', 'authorization: ', 'password=', ' ', "'", 'a', 'bearer ', '://']) {
      const startedAt = performance.now()
      hideSecrets(piece.repeat(20_000))
      hideInCommand(piece.repeat(20_000))
      hideInPath(piece.repeat(20_000))
      expect(performance.now() - startedAt).toBeLessThan(2000)
    }
  })
})

describe('errors', () => {
  it('hold no secret, whatever their details do', () => {
    const url = 'mysql://root:secret@h/x'
    expect(failure('host-unusable', { host: url, reason: 'token=secret' }).message).not.toContain('secret')
    expect(reasonOf(new Error(`${url} is wrong`))).toBe('mysql://***@h/x is wrong')
  })
})

describe('hideInCommand', () => {
  it.each([
    [
      "load --db mysql://root:a/b@h/x --target 'http://u:secret@h' --users 1",
      "load --db mysql://***@h/x --target 'http://***@h' --users 1",
    ],
    ["load --db 'mysql://root:a b@c@h/x' --users 1", "load --db 'mysql://***@h/x' --users 1"],
    ["load --db 'mysql://root:a b@h", "load --db 'mysql://***@h"],
    ["load --db mysql://root:a'b'secret@h/x", 'load --db mysql://***@h/x'],
    [`load --db "mysql://root:it's secret@h/x"`, 'load --db "mysql://***@h/x"'],
    [
      "load --header 'Authorization: Bearer secret' --body '{secret}' --users 1",
      'load --header *** --body *** --users 1',
    ],
    ['load --header=x-mine:secret --users 1', 'load --header=*** --users 1'],
    ['load --header X-Mine: secret more --users 1', 'load --header *** *** *** --users 1'],
    ["load --request 'GET /x?token=secret'", "load --request 'GET /x?token=***'"],
    ['load --users 1', 'load --users 1'],
    ['--fault kill-server@20s --burst 10x@10s:1s', '--fault kill-server@20s --burst 10x@10s:1s'],
  ])('%s', (line, shown) => expect(hideInCommand(line)).toBe(shown))

  it('never shows a password, wherever its quotes and blanks are', () => {
    const part = fc.constantFrom("'", '"', ' ', '@', '/', ':', '?', '#', '&', 'x', '%40')
    const around = fc.array(part, { maxLength: 6 }).map((parts) => parts.join(''))
    const scheme = fc.constantFrom('mysql://', 'postgres://', 'redis://', 'nats://', 'https://')
    fc.assert(
      fc.property(scheme, around, around, (start, before, after) => {
        // As a shell hands it over: one word.
        const [word] = hideInWords([`${start}root:${before}s3cr3t${after}@127.0.0.1:3306/x`])
        expect(word).not.toContain('s3cr3t')
      }),
    )
  })
})

describe('hideInPath', () => {
  it.each([
    ['/x?token=secret&a=1', '/x?token=***&a=1'],
    ['/x?a=1&api_key=secret', '/x?a=1&api_key=***'],
    ['/x?%74oken=secret&a=1', '/x?%74oken=***&a=1'],
    ['/x?a=%&%zz%54OKEN=secret', '/x?a=%&%zz%54OKEN=***'],
    ['/x?a=1#token=secret&b=2', '/x?a=1#token=***&b=2'],
    ['/x#access=secret', '/x#access=***'],
    ['/x?access=secret&sid=secret&session_id=secret&otp=1', '/x?access=***&sid=***&session_id=***&otp=***'],
    ['/x?q=shoes,apikey:secret&p=token%3Asecret&r=a:b', '/x?q=***&p=***&r=a:b'],
    ['/x?accessible=1&session_length=2&sides=3#part', '/x?accessible=1&session_length=2&sides=3#part'],
    ['/x?a=1&b=2', '/x?a=1&b=2'],
    ['/x', '/x'],
  ])('%s', (path, shown) => expect(hideInPath(path)).toBe(shown))
})
