import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatEntry, parseEntry } from '../../../../src/lib/load/ledger/ledger-format.ts'
import type { RecordedOperation } from '../../../../src/lib/ports/transaction-history.ts'
import { attemptOf, entryOf, type JudgedAttempt } from '../../../../src/lib/workloads/isolation/attempt-text.ts'

const key = fc.stringMatching(/^x?[lr]\d{1,3}\.\d{1,4}$/)
const value = fc.stringMatching(/^\d{1,5}\.\d{1,6}[a-z]$/)

const operation: fc.Arbitrary<RecordedOperation> = fc.oneof(
  fc.record({ kind: fc.constant('append' as const), key, value }),
  fc.record({ kind: fc.constant('write' as const), key, value }),
  fc.record({ kind: fc.constant('read' as const), key, value: fc.option(value) }),
  fc.record({ kind: fc.constant('read-list' as const), key, elements: fc.array(value, { maxLength: 5 }) }),
)

const attempt: fc.Arbitrary<JudgedAttempt> = fc
  .record({
    run: fc.stringMatching(/^[\da-f]{4,12}$/),
    asked: fc.constantFrom('read-committed' as const, 'repeatable-read' as const, 'serializable' as const),
    user: fc.nat(30_000),
    number: fc.integer({ min: 1, max: 1e6 }),
    beganAt: fc.nat(),
    endedAt: fc.nat(),
    outcome: fc.constantFrom('committed' as const, 'aborted' as const, 'unknown' as const),
    operations: fc.array(operation, { maxLength: 20 }),
  })
  .map(({ run, asked, user, number, ...rest }) => ({
    run,
    asked,
    transaction: { id: `${user}.${number}`, user: `user ${user}`, ...rest },
  }))

describe('an attempt in a ledger', () => {
  it('is the same when it is read again, from a line that needs no escapes', () => {
    fc.assert(
      fc.property(attempt, (made) => {
        const line = formatEntry(entryOf(made))
        expect(line).not.toContain('\\')
        expect(attemptOf(parseEntry(line.trimEnd()))).toEqual(made)
      }),
    )
  })

  it.each([
    { key: 'run/1.1', resource: 17, outcome: 'booked' },
    { key: 'run/1.1', resource: 'serializable|1|2|q l0.0 1', outcome: 'booked' },
    { key: 'run/1.1', resource: 'serializable|1|2|a l0.0', outcome: 'booked' },
    { key: 'run/1.1', resource: 'serializable|1|2|a l0.0 1 2', outcome: 'booked' },
    { key: 'run/1.1', resource: 'serializable|now|2|a l0.0 1', outcome: 'booked' },
    { key: 'run/1.1', resource: 'chaos|1|2|a l0.0 1', outcome: 'booked' },
    { key: '1.1', resource: 'serializable|1|2|a l0.0 1', outcome: 'booked' },
  ] as const)('is none: %j', (entry) => {
    expect(attemptOf(entry)).toBeNull()
  })

  it('is one of whatever a ledger holds, or null', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (name, resource) => {
        const read = attemptOf({ key: name, resource, outcome: 'failed' })
        if (read) expect(read.transaction.outcome).toBe('aborted')
      }),
    )
  })
})
