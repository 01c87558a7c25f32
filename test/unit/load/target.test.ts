import { describe, expect, it } from 'vitest'
import { requireLoopback } from '../../../src/lib/load/target.ts'

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
