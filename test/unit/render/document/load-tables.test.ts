import { describe, expect, it } from 'vitest'
import type { LoadReport } from '../../../../src/lib/record/record.ts'
import { loadDocument } from '../../../../src/lib/render/document/load-document.ts'
import { workerBlock } from '../../../../src/lib/render/document/load-tables.ts'
import { savedReport } from '../../../support/reports/fixtures.ts'
import { screenOf, screenText } from '../../../support/reports/rendered.ts'

const workerText = (workers: Parameters<typeof workerBlock>[0]) => screenText({ screen: [workerBlock(workers)] })

const report = savedReport('load', 'load-baseline.json')

const worker = {
  name: 'w1',
  host: 'rack-1',
  pid: 17,
  version: '1.2.3',
  requests: 1500,
  failures: 3,
  bookings: 20,
  cpuPercent: 12.3,
  eventLoopLagP99: 1.5,
  maxRssMb: 90,
  lateStartP99: null,
  clockOffsetMs: -2.5,
  clockRoundTripMs: 0.5,
}
const { cpuPercent: _cpu, eventLoopLagP99: _lag, maxRssMb: _rss, lateStartP99: _late, ...unheard } = worker
const lost = { ...unheard, name: 'w2', lost: 'it was cut off' }

function withWorkers(workers: NonNullable<LoadReport['load']['workers']>): LoadReport {
  return { ...report, load: { ...report.load, workers } }
}

describe('a report of workers', () => {
  it('has a row for each of them, with what it did and how it ended', () => {
    const lines = workerText([worker, lost]).split('\n')
    expect(lines[1]).toMatch(/^w1 +rack-1 +1,500 +3 +20 +12\.3% +1\.50 ms +- +-2\.50 ms ±250 us +in time$/)
    expect(lines[2]).toMatch(/^w2 +rack-1 +1,500 +3 +20 +- +- +- +-2\.50 ms ±250 us +it was cut off$/)
  })

  it('has a column of errors where an iteration threw in any', () => {
    const lines = workerText([
      { ...worker, errors: 0 },
      { ...lost, errors: 4 },
    ]).split('\n')
    expect(lines[0]).toMatch(/failures +errors +bookings/)
    expect(lines[1]).toMatch(/1,500 +3 +0 +20/)
    expect(lines[2]).toMatch(/1,500 +3 +4 +20/)
    expect(workerText([worker])).not.toContain('errors')
  })

  it('shows of very many the first, and those that were lost', () => {
    const many = [...Array.from({ length: 30 }, (_, index) => ({ ...worker, name: `n${index}` })), lost]
    const table = workerText(many)
    expect(table).toContain('n19 ')
    expect(table).not.toContain('n20 ')
    expect(table).toContain('it was cut off')
    expect(table).toMatch(/and 10 others$/)
  })

  it('shows no control characters of a name that a worker gave itself', () => {
    expect(workerText([{ ...worker, name: 'w\u001b[2J1' }])).not.toContain('\u001b')
  })

  it('says of how many the busiest is shown, in text and in a page', () => {
    const valid = withWorkers([worker, worker])
    expect(screenOf(valid)).toContain('the generator kept up (the busiest of 2 workers: ')
    expect(loadDocument(valid).answers[0]?.detail).toContain('the busiest of 2 workers:')
    expect(loadDocument(valid).sections.find(({ title }) => title === 'Workers')?.table?.rows).toHaveLength(2)
  })

  it('does not call it a bottleneck when a worker was lost', () => {
    const bad = withWorkers([worker, lost])
    const generator = { ...report.generator, valid: false, reasons: ['worker w2 was lost: it was cut off'] }
    expect(loadDocument({ ...bad, generator }).answers[0]?.detail).toBe(
      'Not all of the load was made: worker w2 was lost: it was cut off.',
    )
  })
})
