import { describe, expect, it } from 'vitest'
import { compareReports } from '../../../../src/lib/compare/compare.ts'
import { createRandom } from '../../../../src/lib/base/random.ts'
import type { LoadReport, ServerActivity } from '../../../../src/lib/record/record.ts'
import { documentOf } from '../../../../src/lib/render/render.ts'
import { goodLoad } from '../../../support/reports/samples.ts'
import { csvOf, htmlOf, markdownOf, screenOf } from '../../../support/reports/rendered.ts'

const hostile = `select </script><img src=x onerror=alert(1)> | "'&\`@all from t`

const activity: ServerActivity = {
  seconds: 1,
  readMs: 2.5,
  counters: [
    { name: 'rows read', unit: 'rows', kind: 'total', values: [10, null, 40], mean: 25, highest: 40, sum: 75 },
    { name: 'log written', unit: 'bytes', kind: 'total', values: [1e6, 2e6, 3e6], mean: 2e6, highest: 3e6, sum: 6e6 },
    { name: 'binlog written', unit: 'bytes', kind: 'total', values: [1, 2, 3], mean: 2, highest: 3, sum: 6 },
    { name: 'checkpoint age', unit: 'bytes', kind: 'level', values: [5e6, 6e6, 7e6], mean: 6e6, highest: 7e6 },
    { name: 'deadlocks', unit: 'deadlocks', kind: 'total', values: [0, 0, 0], mean: 0, highest: 0, sum: 0 },
  ],
  statements: [
    { text: hostile, calls: 300, ms: 600, rows: 900 },
    { text: 'COMMIT', calls: 300, ms: 150, rows: null },
  ],
}

/** A load of so many whole seconds, with what its server did. */
function watched(serverActivity: ServerActivity, seconds = 3): LoadReport {
  const row = { users: 2, requests: 5, failures: 0, rps: 5, p50: 1, p95: 2, p99: 3 }
  const timeline = Array.from({ length: seconds }, (_, second) => ({ ...row, second }))
  return { ...goodLoad, load: { ...goodLoad.load, timeline, serverActivity } }
}

function chartsOf(report: LoadReport) {
  return documentOf(report).sections.find(({ title }) => title === 'What the server did meanwhile')?.charts ?? []
}

describe('what the server did meanwhile', () => {
  it('has a chart for each kind of counter, on the time axis of throughput and latency', () => {
    const charts = chartsOf(watched(activity))
    expect(charts.map(({ title, series }) => [title, series.map(({ name, ys }) => [name, ys])])).toEqual([
      ['rows read a second', [['rows read', [10, null, 40]]]],
      [
        'bytes a second',
        [
          ['log written', [1e6, 2e6, 3e6]],
          ['binlog written', [1, 2, 3]],
        ],
      ],
      ['checkpoint age', [['checkpoint age', [5e6, 6e6, 7e6]]]],
    ])
    const [throughput] = documentOf(watched(activity)).sections.flatMap((section) => section.charts)
    for (const { x, series } of charts) {
      expect(x).toEqual(throughput!.x)
      for (const { xs } of series) expect(xs).toEqual(throughput!.series[0]!.xs)
    }
    expect(charts[0]!.summary).toBe('rows read: 25.0 a second on average, 40.0 at most.')
  })

  it('shows when faults were injected there too', () => {
    const report = watched(activity)
    const faults = [{ kind: 'kill-server' as const, atMs: 1000, lastedMs: 500, detail: 'killed' }]
    const [chart] = chartsOf({ ...report, load: { ...report.load, faults } })
    expect(chart!.spans).toEqual([{ name: 'kill-server', from: 1, to: 1.5, at: 1 }])
  })

  it('has few points for a long run: rates on average, levels as they were last', () => {
    const values = Array.from({ length: 720 }, (_, at) => at)
    const counters = [
      { ...activity.counters[0]!, values },
      { ...activity.counters[3]!, values },
    ]
    // 1,440 seconds, of which each point has 12.
    const [rows, age] = chartsOf(watched({ seconds: 2, counters }, 1440))
    expect([rows!.series[0]!.xs.length, rows!.series[0]!.xs.slice(0, 3)]).toEqual([120, [0, 12, 24]])
    expect([rows!.series[0]!.ys[0], age!.series[0]!.ys[0]]).toEqual([2.5, 5])
    // What came after the run's last second has no place on its axis.
    expect(chartsOf(watched({ seconds: 1, counters }, 3))[0]!.series[0]!.ys).toEqual([0, 1, 2])
  })

  it('is a table and the costliest statements on a screen', () => {
    const text = screenOf(watched(activity))
    expect(text).toContain(
      [
        'server               mean  highest   in all',
        'rows read/s          25.0     40.0       75',
        'log written/s     2.00 MB  3.00 MB  6.00 MB',
        'binlog written/s      2 B      3 B      6 B',
        'checkpoint age    6.00 MB  7.00 MB',
        'deadlocks/s             0        0        0',
      ].join('\n'),
    )
    expect(text).toContain('reading that each second took 2.50 ms, on a connection that no load uses')
    expect(text).toContain('\n600 ms    300  2.00 ms       3.00  select </script><img src=x')
    expect(text).toContain('\n150 ms    300   500 us          -  COMMIT')
  })

  it('is in Markdown, HTML and CSV, with hostile texts as texts', () => {
    const report = watched(activity)
    const markdown = markdownOf(report)
    expect(markdown).toContain('#### What the server did meanwhile\n\n| server | mean | highest | in all |')
    expect(markdown).toContain('#### The costliest statements')
    expect(markdown).not.toMatch(/(?<!\\)<img|@all/)
    const html = htmlOf(report, { style: '', script: 'run()' })
    expect(html).toContain('<h2>What the server did meanwhile</h2>')
    expect(html).toContain('select &lt;/script&gt;&lt;img src=x')
    expect(html).not.toContain('<img')
    const [head, ...rows] = csvOf(report).trimEnd().split('\r\n')
    const names =
      'log_written_bytes_per_second,binlog_written_bytes_per_second,checkpoint_age_bytes,deadlocks_per_second'
    expect(head!.endsWith(`,duration_ms,rows_read_per_second,${names}`)).toBe(true)
    expect(rows.map((row) => row.split(',').slice(11).join())).toEqual([
      '10,1000000,1,5000000,0',
      ',2000000,2,6000000,0',
      '40,3000000,3,7000000,0',
    ])
  })

  it('says in each second of a spreadsheet what there was in its stretch', () => {
    const counters = [{ ...activity.counters[0]!, values: [10, 20] }]
    const rows = csvOf(watched({ seconds: 2, counters }))
      .trimEnd()
      .split('\r\n')
      .slice(1)
    expect(rows.map((row) => row.split(',')[11])).toEqual(['10', '10', '20'])
  })

  it.each([
    [{ seconds: 1, counters: [] }, 'server counters: none; this server tells nothing'],
    [
      { seconds: 1, counters: [], error: 'it hung up' },
      'some of what the server counted could not be read: it hung up',
    ],
    [{ seconds: 1, counters: [], noStatements: 'it is off' }, 'statements: none; it is off'],
  ])('says why something is missing: %j', (missing, text) => {
    expect(screenOf(watched(missing))).toContain(text)
    const html = htmlOf(watched(missing), { style: '', script: '' })
    expect(html).toContain(`<p>${text.charAt(0).toUpperCase()}${text.slice(1)}.</p>`)
  })

  it('is left out of reports that have none, and out of comparisons', () => {
    expect(screenOf(goodLoad)).not.toContain('server counters')
    const options = { minEffect: 0.05, noise: [], force: false, random: createRandom('compare') }
    const compared = (candidate: LoadReport) =>
      compareReports({ baseline: [goodLoad], candidate: [candidate] }, options)
    const { serverActivity: _, ...load } = watched(activity).load
    expect(compared(watched(activity))).toEqual(compared({ ...goodLoad, load }))
  })
})
