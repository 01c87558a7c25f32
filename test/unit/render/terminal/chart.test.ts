import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { drawChart, type Chart, type ChartSeries } from '../../../../src/lib/render/terminal/chart.ts'

const draw = (series: readonly ChartSeries[], more: Partial<Chart> = {}) =>
  drawChart({ series, width: 50, unitX: 'rows', formatX: (x) => `${x}`, formatY: (y) => y.toFixed(0), ...more })

const line = (mark: string, ...ys: number[]): ChartSeries => ({
  mark,
  name: mark,
  points: ys.map((y, x) => ({ x, y })),
})

describe('drawChart', () => {
  it('has the largest at the top, the last to the right, and straight steps from 0', () => {
    const chart = draw([line('o', 50, 80, 100)])
    expect(chart.split('\n')).toEqual([
      `100 ┤ ${' '.repeat(43)}o`,
      '    │',
      `    │ ${' '.repeat(22)}o`,
      '    │',
      '    │',
      ' 50 ┤ o',
      '    │',
      '    │',
      '    │',
      '    │',
      '  0 ┤',
      `    └─${'─'.repeat(44)}`,
      `      0${' '.repeat(21)}1${' '.repeat(15)}2 rows`,
      '      o o',
    ])
  })

  it('takes a logarithmic scale where the largest is more than four times the smallest', () => {
    const rows = draw([line('o', 1, 10, 100)]).split('\n')
    expect([rows[0], rows[5], rows[10]].map((row) => row!.slice(0, 3).trim())).toEqual(['100', '10', '1'])
    expect([0, 5, 10].map((row) => rows[row]!.includes('o'))).toEqual([true, true, true])
  })

  it('says where series fall together', () => {
    const chart = draw([line('o', 1, 2), line('x', 1, 3)])
    expect(chart).toContain('◆ several')
    expect(draw([line('o', 3, 2), line('x', 1, 3)])).not.toContain('several')
  })

  it('is nothing without two sizes', () => {
    expect(draw([line('o', 1)])).toBe('')
    expect(draw([])).toBe('')
    expect(draw([line('o', 0, 0)])).toBe('')
  })

  it('is never wider than it may be, whatever it is given', () => {
    const points = fc.array(
      fc.record({ x: fc.integer({ min: 0, max: 1e9 }), y: fc.double({ min: 0, max: 1e7, noNaN: true }) }),
      { minLength: 2, maxLength: 30 },
    )
    fc.assert(
      fc.property(points, points, fc.integer({ min: 40, max: 200 }), (some, others, width) => {
        const chart = draw(
          [
            { mark: 'o', name: 'p50', points: some },
            { mark: 'x', name: 'p99', points: others },
          ],
          { width },
        )
        for (const text of chart.split('\n')) expect(text.length).toBeLessThanOrEqual(width)
      }),
    )
  })
})
