import fc from 'fast-check'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import {
  formatMoney,
  formatReceipt,
  type ReceiptOrder,
  maxReceiptBytes,
  parseReceipt,
  reasons,
  type ReceiptError,
} from '../../../../src/lib/workloads/tickets/receipt.ts'

const folder = fileURLToPath(new URL('../../../../fixtures/tickets/', import.meta.url))
const index = JSON.parse(readFileSync(`${folder}index.json`, 'utf8')) as {
  readonly good: Readonly<
    Record<string, Omit<ReceiptOrder, 'lines'> & { readonly lines: readonly [string, string, number][] }>
  >
  readonly broken: Readonly<Record<string, ReceiptError>>
}
const parse = (text: string) => parseReceipt(Buffer.from(text))

describe('receipts from fixtures/tickets', () => {
  it.each(['good', 'broken'] as const)('are all in the index: %s', (kind) => {
    expect(readdirSync(folder + kind).toSorted()).toEqual(Object.keys(index[kind]).toSorted())
  })

  it('are broken in every way for which there is a reason', () => {
    const found = new Set(Object.values(index.broken).map(({ reason }) => reason))
    // The one is about what is stored already; the other about what csv-parse may still think of.
    const others = new Set(['order-taken', 'csv-unreadable'])
    expect([...found].toSorted()).toEqual(
      Object.keys(reasons)
        .filter((reason) => !others.has(reason))
        .toSorted(),
    )
    expect(Object.keys(index.broken).length).toBeGreaterThanOrEqual(40)
  })

  it.each(Object.entries(index.good))('good: %s', (file, { lines, ...head }) => {
    const expected = lines.map(([product, productId, priceCents]) => ({ product, productId, priceCents }))
    const order = { ...head, lines: expected }
    expect(parseReceipt(readFileSync(`${folder}good/${file}`))).toEqual({ kind: 'order', order })
  })

  it.each(Object.entries(index.broken))('broken: %s', (file, error) => {
    expect(parseReceipt(readFileSync(`${folder}broken/${file}`))).toEqual({ kind: 'error', error })
  })
})

/** A text as a receipt can hold it: no control characters, no spaces around it. */
const name = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 60 })
  .map((text) => text.replaceAll(/\p{Cc}|\p{Cs}/gu, '').trim())
  .filter((text) => text !== '')
const cents = fc.nat({ max: Number.MAX_SAFE_INTEGER })
const order: fc.Arbitrary<ReceiptOrder> = fc.record({
  id: fc.bigInt({ min: 1n, max: 10n ** 32n - 1n }).map(String),
  vatCents: cents,
  totalCents: cents,
  lines: fc.array(
    fc.record({
      product: name,
      productId: fc.stringMatching(/^[!-~]{1,64}$/),
      priceCents: cents,
    }),
    { minLength: 1, maxLength: 20 },
  ),
})

describe('parseReceipt', () => {
  it('reads what was written, quotes and commas and all', () => {
    fc.assert(
      fc.property(order, fc.boolean(), (written, crlf) => {
        const text = formatReceipt(written)
        expect(parse(crlf ? text.replaceAll('\n', '\r\n') : text)).toEqual({ kind: 'order', order: written })
      }),
      { numRuns: 500 },
    )
  })

  it('never throws, whatever the bytes are', () => {
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.string({ unit: 'binary' }).map(Buffer.from))
    fc.assert(
      fc.property(bytes, (any) => {
        expect(['order', 'error']).toContain(parseReceipt(any).kind)
      }),
      { numRuns: 1000 },
    )
  })

  it('makes of a good one that was changed a good one that can be written again, or an error with a reason', () => {
    const change = fc.record({
      at: fc.double({ min: 0, max: 0.999, noNaN: true }),
      put: fc.uint8Array({ maxLength: 3 }),
      cut: fc.nat(5),
    })
    fc.assert(
      fc.property(order, fc.array(change, { minLength: 1, maxLength: 3 }), (written, changes) => {
        let bytes = Buffer.from(formatReceipt(written))
        for (const { at, put, cut } of changes) {
          const from = Math.floor(at * bytes.length)
          bytes = Buffer.concat([bytes.subarray(0, from), put, bytes.subarray(from + cut)])
        }
        const parsed = parseReceipt(bytes)
        if (parsed.kind === 'order') {
          expect(parse(formatReceipt(parsed.order))).toEqual(parsed)
          const sums = [parsed.order.vatCents, parsed.order.totalCents, ...parsed.order.lines.map((l) => l.priceCents)]
          for (const sum of sums) expect(Number.isSafeInteger(sum) && sum >= 0).toBe(true)
        } else {
          expect(Object.keys(reasons)).toContain(parsed.error.reason)
          expect(parsed.error.line).toBeGreaterThanOrEqual(0)
        }
      }),
      { numRuns: 1000 },
    )
  })

  it.each([',', '"', '\n', 'a,b,1\n', '""', '"a",', '\r\n', ' '])(
    'takes no longer than its size for %j over and over',
    (piece) => {
      const head = 'Order: 1\nVAT: 1\nTotal: 1\n\nproduct,product_id,price\n'
      const whole = (head + piece.repeat(maxReceiptBytes)).slice(0, maxReceiptBytes)
      const started = process.threadCpuUsage()
      parse(whole)
      parse(piece.repeat(maxReceiptBytes).slice(0, maxReceiptBytes))
      const { user } = process.threadCpuUsage(started)
      // Some ms of the processor, however many others want it; quadratic would be minutes.
      expect(user / 1000).toBeLessThan(5000)
    },
  )

  it('reads no further than to where there are too many lines', () => {
    const head = 'Order: 1\nVAT: 1\nTotal: 1\n\nproduct,product_id,price\n'
    const error = { reason: 'too-many-lines' }
    expect(parseReceipt(Buffer.from(`${head}${'\n'.repeat(1001)}"never closed`))).toMatchObject({ error })
    expect(parseReceipt(Buffer.from(`${head}${'\n'.repeat(999)}"never closed`))).toMatchObject({
      error: { reason: 'csv-quotes' },
    })
  })

  it('takes a receipt of just the largest size, and none of a byte more', () => {
    const receipt = (length: number) => Buffer.from('Order: 1\n'.padEnd(length, 'x'))
    expect(parseReceipt(receipt(maxReceiptBytes))).toMatchObject({ error: { reason: 'no-empty-line' } })
    expect(parseReceipt(receipt(maxReceiptBytes + 1))).toMatchObject({ error: { reason: 'too-large' } })
  })
})

describe('formatMoney', () => {
  it('has two decimals, whatever the amount', () => {
    expect([0, 5, 10, 1690, Number.MAX_SAFE_INTEGER].map(formatMoney)).toEqual([
      '0.00',
      '0.05',
      '0.10',
      '16.90',
      '90071992547409.91',
    ])
  })
})
