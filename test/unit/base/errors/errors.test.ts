import { describe, expect, it } from 'vitest'
import { exitCodes } from '../../../../src/lib/base/errors/error-entry.ts'
import { quoted } from '../../../../src/lib/base/cut-text.ts'
import { failure, reasonOf, RushbenchError } from '../../../../src/lib/base/errors/errors.ts'

describe('failure', () => {
  it('says what happened and what to do, and carries code, exit code and cause', () => {
    const cause = new Error('connect ECONNREFUSED')
    const error = failure('database-unreachable', { url: 'mysql://h/db', reason: 'connection refused' }, cause)
    expect(error).toBeInstanceOf(RushbenchError)
    expect(error.code).toBe('database-unreachable')
    expect(error.exitCode).toBe(exitCodes.error)
    expect(error.cause).toBe(cause)
    expect(error.message).toBe(
      'Cannot reach the database mysql://h/db: connection refused. Is the server running, and are host and port right?',
    )
  })

  it('gives usage errors their exit code', () => {
    expect(failure('target-remote', { target: 'http://example.com' }).exitCode).toBe(exitCodes.usage)
  })
})

describe('what was given', () => {
  it('is repeated up to 200 characters, without its secrets', () => {
    const value = `30s:10,${'1s:1,'.repeat(10_000)}`
    const { message } = failure('setting-invalid', { key: 'stages', source: '--stages', value, allowed: 'TIME:USERS' })
    expect(message).toBe(`stages (from --stages) cannot be ${value.slice(0, 197)}.... Allowed: TIME:USERS.`)
    const url = `mysql://u:secret@h/${'x'.repeat(500)}`
    expect(failure('database-missing', { url, reason: 'r' }).message).toContain('mysql://***@h/xxx')
    expect(quoted('x'.repeat(500))).toHaveLength(202)
  })
})

describe('reasonOf', () => {
  it('joins the parts of an AggregateError once each', () => {
    const parts = [new Error('connect ECONNREFUSED ::1:3306'), new Error('connect ECONNREFUSED 127.0.0.1:3306')]
    expect(reasonOf(new AggregateError([...parts, parts[0]]))).toBe(
      'connect ECONNREFUSED ::1:3306; connect ECONNREFUSED 127.0.0.1:3306',
    )
  })

  it('is one line without a full stop', () => {
    expect(reasonOf(new Error('two\n  lines.'))).toBe('two lines')
    expect(reasonOf('text')).toBe('text')
    expect(reasonOf(new TypeError())).toBe('TypeError')
  })

  it('is as much of a long message as anybody reads', () => {
    const reason = reasonOf(new Error('m'.repeat(5_000_000)))
    expect(reason).toBe(`${'m'.repeat(997)}...`)
  })

  it.each([null, undefined, Symbol('s'), {}, [], 1n])('is a text for %o', (thrown) => {
    expect(typeof reasonOf(thrown)).toBe('string')
  })

  it('is a text for what cannot be read', () => {
    const proxy = new Proxy({}, { getPrototypeOf: () => fail() })
    const fail = (): never => {
      throw new Error('trap')
    }
    const error = Object.defineProperty(new Error('x'), 'message', { get: fail })
    for (const thrown of [proxy, error, Object.create(null)])
      expect(reasonOf(thrown)).toBe('something that cannot be shown')
  })
})
