import { describe, expect, it } from 'vitest'
import { outcomeOf } from '../../../src/lib/ports/outcome.ts'

const statuses = { bookedStatuses: [200, 201], conflictStatuses: [409, 410] }

describe('outcomeOf', () => {
  it.each([
    [200, true, 'booked'],
    [201, true, 'booked'],
    [409, true, 'conflict'],
    [410, true, 'conflict'],
    [202, true, 'failed'],
    [500, true, 'failed'],
    [0, true, 'unknown'],
    [0, false, 'failed'],
  ] as const)('takes status %d, carried out perhaps: %j, for %s', (status, maybeExecuted, outcome) => {
    expect(outcomeOf({ status, maybeExecuted }, statuses)).toBe(outcome)
  })

  it.each([
    [201, 'booked'],
    [409, 'unknown'],
    [500, 'failed'],
  ] as const)('takes status %d for %s where the request was sent twice', (status, outcome) => {
    expect(outcomeOf({ status, maybeExecuted: true, reconnected: true }, statuses)).toBe(outcome)
  })
})
