import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ChartSeries } from '../../../../src/lib/render/document/chart.ts'
import { drawChart } from '../../../../src/lib/render/terminal/draw-chart.ts'

const axis = { label: 'rows in the table', unit: 'count', scale: 'linear' } as const

const draw = (series: readonly ChartSeries[], width = 50) => drawChart({ series, x: axis, left: axis }, width)

const seriesOf = (name: string, xs: number[], ys: number[]): ChartSeries => ({
  name,
  mark: 'dots',
  tone: 'blue',
  axis: 'left',
  xs,
  ys,
})

const line = (...ys: number[]): ChartSeries => seriesOf('p50', [...ys.keys()], ys)

describe('drawChart', () => {
  it('has the largest at the top, the last to the right, and straight steps from 0', () => {
    const chart = draw([line(50, 80, 100)])
    expect(chart.split('\n')).toEqual([
      `100 ┤ ${' '.repeat(43)}●`,
      '    │',
      `    │ ${' '.repeat(22)}●`,
      '    │',
      '    │',
      ' 50 ┤ ●',
      '    │',
      '    │',
      '    │',
      '    │',
      '  0 ┤',
      `    └─${'─'.repeat(44)}`,
      `      0${' '.repeat(21)}1${' '.repeat(15)}2 rows`,
      '      ● p50',
    ])
  })

  it('takes a logarithmic scale where the largest is more than four times the smallest', () => {
    const rows = draw([line(1, 10, 100)]).split('\n')
    expect([rows[0], rows[5], rows[10]].map((row) => row!.slice(0, 3).trim())).toEqual(['100', '10', '1'])
    expect([0, 5, 10].map((row) => rows[row]!.includes('●'))).toEqual([true, true, true])
  })

  it('says where series fall together', () => {
    const chart = draw([line(1, 2), line(1, 3)])
    expect(chart).toContain('◆ several')
    expect(draw([line(3, 2), line(1, 3)])).not.toContain('several')
  })

  it('is nothing without two sizes', () => {
    expect(draw([line(1)])).toBe('')
    expect(draw([])).toBe('')
    expect(draw([line(0, 0)])).toBe('')
  })

  it('is never wider than it may be, whatever it is given', () => {
    const points = fc.array(
      fc.record({ x: fc.integer({ min: 0, max: 1e9 }), y: fc.double({ min: 0, max: 1e7, noNaN: true }) }),
      { minLength: 2, maxLength: 30 },
    )
    fc.assert(
      fc.property(points, points, fc.integer({ min: 40, max: 200 }), (some, others, width) => {
        const [low, high] = [some, others].map((of, place) =>
          seriesOf(
            `p${place}`,
            of.map(({ x }) => x),
            of.map(({ y }) => y),
          ),
        ) as [ChartSeries, ChartSeries]
        const chart = draw([low, high], width)
        for (const text of chart.split('\n')) expect(text.length).toBeLessThanOrEqual(width)
      }),
    )
  })
})
