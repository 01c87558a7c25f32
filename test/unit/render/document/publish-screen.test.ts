import { describe, expect, it } from 'vitest'
import {
  askedForNothing,
  publishScreen,
  type PublishResult,
} from '../../../../src/lib/render/document/publish-screen.ts'
import { screenText } from '../../../support/reports/rendered.ts'

const replica = { origin: 'http://127.0.0.1:3000', orders: 9, unreadable: 0, p50: 3, p99: 8, max: 9, completeMs: 120 }
const result: PublishResult = {
  runId: 'x',
  broker: 'sqlite:b.db',
  orders: 9,
  invalid: 1,
  repeats: 0,
  durationMs: 100,
  messagesPerSecond: 100,
  ledger: 'l.jsonl',
  readable: [replica],
}

const summaryOf = (published: PublishResult): string => screenText({ screen: publishScreen(published, null) })

describe('the screen of a publication', () => {
  it('has a row for each replica', () => {
    expect(summaryOf(result)).toMatch(/^http:\S+ +9 +0 +3\.00 ms +8\.00 ms +9\.00 ms +120 ms$/m)
    expect(askedForNothing(result)).toBe(false)
    expect(askedForNothing({ readable: [] })).toBe(false)
  })

  it('shows no latency of orders that could not be read', () => {
    const missing = { ...replica, unreadable: 9, p50: null, p99: null, max: null, completeMs: null }
    expect(summaryOf({ ...result, readable: [missing] })).toMatch(/^http:\S+ +9 +9 +- +- +- +-$/m)
  })

  it('says so when there was no order to be read', () => {
    const none = { ...replica, orders: 0, p50: null, p99: null, max: null, completeMs: null }
    const idle = { ...result, orders: 0, invalid: 10, readable: [none] }
    expect(askedForNothing(idle)).toBe(true)
    expect(summaryOf(idle)).toContain('nothing was measured: no order was published')
  })
})
