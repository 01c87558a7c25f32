import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  countOf,
  formatBytes,
  formatCount,
  formatDuration,
  formatLatency,
  formatNumber,
  formatShare,
  formatTable,
  plain,
} from '../../../src/lib/base/format.ts'

describe('formats', () => {
  it.each([
    [formatCount(39_456), '39,456'],
    [formatCount(0), '0'],
    [countOf(0, 'user'), '0 users'],
    [countOf(1, 'user'), '1 user'],
    [countOf(39_456, 'user'), '39,456 users'],
    [countOf(2, 'query', 'queries'), '2 queries'],
    [formatNumber(1134.2), '1,134'],
    [formatNumber(98.71), '98.7'],
    [formatNumber(1.234), '1.23'],
    [formatNumber(0.3784), '0.378'],
    [formatNumber(0), '0'],
    [formatNumber(9.999), '10.0'],
    [formatNumber(999.6), '1,000'],
    [formatNumber(-12.34), '-12.3'],
    [formatShare(0), '0%'],
    [formatShare(0.0025), '0.25%'],
    [formatShare(0.000_01), '<0.01%'],
    [formatShare(0.991), '99%'],
    [formatLatency(null), '-'],
    [formatLatency(0.2204), '220 us'],
    [formatLatency(12.34), '12.3 ms'],
    [formatLatency(1850), '1.85 s'],
    [formatLatency(0), '0 us'],
    [formatLatency(0.999_96), '1.00 ms'],
    [formatLatency(999.96), '1.00 s'],
    [formatDuration(4200), '4.2 s'],
    [formatDuration(45_000), '45 s'],
    [formatDuration(9999), '10 s'],
    [formatDuration(59_999), '1 min 00 s'],
    [formatDuration(65_000), '1 min 05 s'],
    [formatDuration(3_599_999), '1 h 00 min'],
    [formatDuration(7_800_000), '2 h 10 min'],
    [formatBytes(114), '114 B'],
    [formatBytes(999.7), '1.00 kB'],
    [formatBytes(1700), '1.70 kB'],
    [formatBytes(110_300), '110 kB'],
    [formatBytes(999_999), '1.00 MB'],
    [formatBytes(2_500_000), '2.50 MB'],
    [formatBytes(999_999_999), '1.00 GB'],
    [formatBytes(20_300_000_000), '20.3 GB'],
  ])('%s', (actual, expected) => expect(actual).toBe(expected))

  it('aligns columns, numbers to the right', () => {
    expect(
      formatTable(
        ['step', 'n'],
        [
          ['calendar', '5'],
          ['book', '1,000'],
        ],
        [1],
      ),
    ).toBe(['step          n', 'calendar      5', 'book      1,000'].join('\n'))
  })
})

describe('plain', () => {
  it('leaves nothing that steers a terminal or starts a line', () => {
    expect(plain('\u001b[31mred\u001b[0m\nnext\u0007')).toBe('red next ')
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        // oxlint-disable-next-line no-control-regex -- these are what must be gone
        expect(plain(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202e]/)
      }),
    )
  })
})
