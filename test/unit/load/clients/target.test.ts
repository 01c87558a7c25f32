import { describe, expect, it } from 'vitest'
import { requireLoopback, requireTarget, shownTarget } from '../../../../src/lib/load/clients/target.ts'

describe('a target', () => {
  it.each([
    ['http://127.0.0.1:3000', 'http://127.0.0.1:3000'],
    ['HTTPS://API.example.com/', 'https://api.example.com'],
    ['http://h/api/v1', 'http://h/api/v1'],
    ['http://h/api/v1/', 'http://h/api/v1'],
    ['http://user:secret@h:81/a', 'http://h:81/a'],
    ['http://token@h', 'http://h'],
    ['http://h/a b', 'http://h/a%20b'],
  ])('%s is printed as %s', (target, shown) => {
    expect(requireTarget(target)).toBe(target)
    expect(shownTarget(target)).toBe(shown)
  })

  const form =
    'Allowed: http://host:port or https://host:port, with a path for all requests and user:password@ if need be'
  it.each([
    ['localhost:3000', `--target cannot be localhost:3000. ${form}; such as http://localhost:3000.`],
    ['127.0.0.1:3000/api', `cannot be 127.0.0.1:3000/api. ${form}; such as http://127.0.0.1:3000/api.`],
    ['shop', `cannot be shop. ${form}; such as http://shop.`],
    ['//h:1', '; such as http://h:1.'],
    ['password=password=https://h', `${form}.`],
    ['ws://h:1', 'cannot be ws://h:1/. Allowed: http://host:port'],
    ['user:secret@h:1', `cannot be user:***. ${form}; such as http://user:***@h:1.`],
    ['', 'cannot be . Allowed'],
    ['http://', 'cannot be http://. Allowed'],
    ['http://h:99999', 'cannot be http://h:99999. Allowed'],
    ['http://h/?x=1', 'without a query: each request has its own.'],
    ['http://h/a?', 'without a query: each request has its own.'],
    ['http://h/a#b', 'without a fragment, which no server is sent.'],
    ['http://user:12/secret@h', 'in a path @ is written as %40, in a password / as %2F.'],
    ['http://user:secret%@h', 'in a user or a password % is written as %25.'],
  ])('cannot be %j', (target, reason) => {
    expect(() => requireTarget(target)).toThrow(reason)
    expect(() => requireTarget(target)).not.toThrow('secret')
  })
})

describe('requireLoopback', () => {
  it.each([
    'http://127.0.0.1:3000',
    'http://127.9.9.9',
    'http://localhost:1',
    'https://[::1]:8443',
    'http://2130706433',
  ])('lets %s pass', (target) => expect(() => requireLoopback(target, false)).not.toThrow())

  it.each([
    'http://example.com',
    'http://10.0.0.1',
    'http://127.0.0.1.example.com',
    'http://localhost.example.com',
    'http://0.0.0.0:3000',
    'http://user:secret@192.168.0.1/',
  ])('refuses %s, and does not repeat its password', (target) => {
    expect(() => requireLoopback(target, false)).toThrow(/--allow-remote/)
    expect(() => requireLoopback(target, false)).not.toThrow(/secret/)
    expect(() => requireLoopback(target, true)).not.toThrow()
  })
})
