import { describe, expect, it } from 'vitest'
import { documentOf } from '../../../../src/lib/render/render.ts'
import { junitFaults } from '../../../support/reports/junit-schema.ts'
import { savedReport } from '../../../support/reports/fixtures.ts'
import { badLoad, goodLoad, seeding, streamed, sweep, throwingLoad } from '../../../support/reports/samples.ts'
import { csvOf, htmlOf, junitOf, markdownOf } from '../../../support/reports/rendered.ts'

const audit = savedReport('audit', 'audit.json')
const everyKind = { goodLoad, badLoad, sweep, streamed, seeding, audit }
const assets = { style: 'body{color:red}', script: 'run()' }

describe('markdownOf', () => {
  it('begins with the verdict, and has the figures and the steps', () => {
    const text = markdownOf(goodLoad)
    expect(text).toMatch(/^### ✅ Valid, audit passed, 1 of 1 thresholds met\n/)
    expect(text).toMatch(/^\| response time \| requests \|/m)
    expect(text).toMatch(/^\| calendar month 1 \| 47 \| 0 \|/m)
    expect(text).toContain(`\`\`\`sh\nrushbench load --users 20 --threshold 'failures<1%'\n\`\`\``)
  })

  it('has what the server said of itself, how durable it was, and how it was connected to', () => {
    const table = { name: 'reservations', rows: 12, bytes: 1000, indexBytes: 500, indexes: [], extras: ['index a (b)'] }
    const server = { settings: { work_mem: '4MB' }, tables: [table], replication: null, others: { psql: 2 } }
    const environment = {
      ...goodLoad.environment,
      durability: { fsync: 'off', at_risk: 'all' },
      connection: { transport: 'tcp' as const, encrypted: true, protocol: 'TLSv1.3', verified: 'none' as const },
    }
    const [, folded] = markdownOf({ ...goodLoad, server, environment }).split('<details>')
    expect(folded).toContain('\n\n#### Database server\n\n| what | value |\n')
    expect(folded).toContain(String.raw`| work\_mem | 4MB |`)
    expect(folded).toContain('| reservations |  | 12 | 1.00 kB |')
    expect(folded).toContain('reservations also has index a (b).')
    expect(folded).toContain(String.raw`| at\_risk | all |`)
    expect(folded).toContain('| connection | TLSv1.3, certificate not verified |')
    expect(folded, 'the command says them').not.toContain('#### Settings')
    const { command: _, ...unknown } = goodLoad
    expect(markdownOf(unknown)).toContain('#### Settings')
  })

  it('takes hostile names for names', () => {
    const text = markdownOf(badLoad)
    expect(text).toMatch(/^### ❌ Not valid/)
    expect(text).not.toMatch(/(?<!\\)<(img|\/script)/)
    expect(text).not.toContain('@all')
  })

  it.each(Object.entries(everyKind))('fits a comment on GitHub: %s', (_, report) => {
    expect(markdownOf(report).length).toBeLessThan(65_536)
  })
})

describe('junitOf', () => {
  it('has a case for the run, each line of the audit and each threshold', () => {
    const xml = junitOf(badLoad)
    expect(xml).toMatch(/^<\?xml version="1.0" encoding="UTF-8"\?>\n<testsuites /)
    expect(xml).toContain('<testsuite name="rushbench load" tests="11" failures="6" errors="0" skipped="1"')
    expect(xml).toMatch(
      /<testcase classname="audit" name="no acknowledged booking is lost" time="0.000">\s*<failure message="1 lost/,
    )
    expect(xml).toContain('<testcase classname="audit" name="no booking is doubled" time="0.000"/>')
    expect(xml).toMatch(/name="steps\[x\]\.p99&lt;1s" time="0.000">\s*<failure message="was never measured">/)
    expect(xml).not.toContain('<img')
  })

  it('skips what nothing is known of', () => {
    expect(junitOf({ ...goodLoad, audit: null })).toContain('failures="0" errors="0" skipped="5"')
    expect(junitOf({ ...audit, audit: { ...audit.audit, lost: 0, duplicate: 0, oversold: 0 }, ledgers: [] })).toContain(
      'tests="5" failures="0" errors="0" skipped="3"',
    )
    const idle = { ...goodLoad, audit: { ...goodLoad.audit!, acknowledged: 0 } }
    expect(junitOf(idle)).toContain('skipped="3"')
    expect(junitOf(idle)).toContain('the ledger has no booking that was refused')
    expect(junitOf(idle)).toContain('no booking was acknowledged, so that none could be lost or doubled')
  })

  it('has a case for the limit, which is red when no load held it', () => {
    const boundary = { level: 1, held: 0, trials: 3 }
    const limit = { expression: 'errors<1%', raised: 'users' as const, held: null, failed: boundary, trials: [] }
    expect(junitOf({ ...goodLoad, limit })).toMatch(
      /name="a load holds errors&lt;1%"[^>]*>\s*<failure message="not even 1 user holds errors&lt;1%/,
    )
    expect(junitOf({ ...goodLoad, limit: { ...limit, held: boundary } })).toMatch(
      /name="a load holds errors&lt;1%"[^>]*\/>/,
    )
  })

  it.each(Object.entries(everyKind))('is valid by the schema of Jenkins, and counts what it holds: %s', (_, report) => {
    const xml = junitOf(report)
    expect(junitFaults(xml)).toEqual([])
    expect(xml).toContain(`tests="${xml.match(/<testcase /g)!.length}"`)
  })
})

describe('a load whose scenario threw', () => {
  it('is red in JUnit, though no request failed', () => {
    const xml = junitOf(throwingLoad)
    const failure =
      /<testcase [^>]*name="requests were answered, and iterations did not throw"[^>]*>\s*<failure message="([^"]*)"/
    expect(failure.exec(xml)?.[1]).toContain('20 of 40 iterations threw (50%;')
    expect(junitOf(goodLoad)).toMatch(/name="requests were answered, and iterations did not throw"[^>]*\/>/)
  })

  it('is not called valid, and shows what was thrown', () => {
    const markdown = markdownOf(throwingLoad)
    expect(markdown).not.toMatch(/\bValid\b/)
    expect(markdown).toContain('The load failed')
    expect(markdown).toContain('Errors of the scenario')
    expect(markdown).toContain('shop: no basket')
    expect(documentOf(throwingLoad).figures).toContainEqual(
      expect.objectContaining({ label: 'iterations threw', value: '20', note: '50% of 40' }),
    )
    const [throughput] = documentOf(throwingLoad).sections.flatMap(({ charts }) => charts)
    expect(throughput?.series.find(({ name }) => name === 'errors a second')?.ys[0]).toBe(2)
  })
})

describe('the schema of Jenkins', () => {
  it.each([
    ['<testsuites skipped="0"></testsuites>', 'skipped of testsuites'],
    ['<testsuites><testsuite name="a" tests="1" failures="0"/></testsuites>', 'testsuite without errors'],
    ['<testsuites><testcase name="a"/></testsuites>', 'testcase in testsuites'],
    ['<testsuites time="1e3"/>', 'time 1e3 of testsuites'],
    ['<testsuites>', 'testsuites is not closed'],
    ['<testsuites>why</testsuites>', 'text in testsuites'],
    ['<testsuites/><', 'no XML from "<" on'],
  ])('refuses %s', (xml, fault) => expect(junitFaults(xml)).toEqual([fault]))
})

/** A load of which the audit found more than its report tells in full. */
const manyBroken = {
  ...badLoad,
  audit: {
    ...badLoad.audit!,
    lost: 240,
    oversold: 5,
    violations: Array.from({ length: 20 }, (_, n) => ({ kind: 'lost', key: `key ${n}`, detail: 'not there' })),
  },
}

describe('a booking that is stored though it was refused', () => {
  const violation = { kind: 'refused-committed', key: 'ADA', detail: 'stored as 7 for 9, though the API refused it' }
  const found = { ...audit.audit, refused: 3, refusedCommitted: 1, violations: [violation] }

  it.each([
    { ...audit, audit: found },
    { ...goodLoad, audit: found },
  ])('is counted and named in every form: $kind', (report) => {
    for (const text of [markdownOf(report), htmlOf(report, assets)]) {
      expect(text).toContain('1 stored though refused')
      expect(text).toContain('stored as 7 for 9, though the API refused it')
    }
    expect(junitOf(report)).toContain(
      '<failure message="1 refused-committed. ADA: stored as 7 for 9, though the API refused it"',
    )
  })

  it('is a line of its own that is green where none is', () => {
    const report = { ...audit, audit: { ...found, refusedCommitted: 0 } }
    expect(junitOf(report)).toContain('name="no refused booking is stored" time="0.000"/>')
  })
})

describe('violations of which only the first are told', () => {
  it('are told as such in every form', () => {
    expect(markdownOf(manyBroken)).toContain('#### Audit findings, the first 20 of 245\n')
    expect(htmlOf(manyBroken, assets)).toContain('<h2>Audit findings, the first 20 of 245</h2>')
    expect(junitOf(manyBroken)).toContain('240 lost. The first 20 of 240: key 0: not there; ')
  })

  it('are all there where nothing is said', () => {
    const few = { ...badLoad, audit: { ...badLoad.audit!, oversold: 0 } }
    expect(markdownOf(few)).toContain('#### Audit findings\n')
    expect(junitOf(few)).not.toContain('first')
  })
})

describe('a run that is not valid', () => {
  it('says in every form which part of the generator could not keep up, and what to try', () => {
    const said = 'thread 2 used 97% of a core (limit 90%). Make less of it.'
    expect(htmlOf(badLoad, assets)).toContain(said)
    expect(markdownOf(badLoad)).toContain(said)
    expect(junitOf(badLoad)).toContain(said)
  })
})

describe('csvOf', () => {
  it('has a row for each second of a load', () => {
    const lines = csvOf(goodLoad).trimEnd().split('\r\n')
    expect(lines[0]).toBe(
      'second,users,requests,failures,requests_per_second,p50_ms,p95_ms,p99_ms,iterations_thrown,iterations_skipped,duration_ms',
    )
    expect(lines[1]).toBe('0,20,0,0,0,,,,,,1000')
    expect(lines).toHaveLength(goodLoad.load.timeline.length + 1)
    expect(csvOf(throwingLoad).split('\r\n')[1]).toBe('0,20,0,0,0,,,,2,,1000')
  })

  it('has a row for each table size, with what the server counted', () => {
    expect(csvOf(sweep).split('\r\n').slice(0, 2)).toEqual([
      'rows,keys,inserts,mean_us,p50_us,p95_us,p99_us,max_us,inserts_per_second,page_reads_pages_per_insert',
      '0,ascending,100,300,240,400,900,2000,,0',
    ])
    const counters = [
      { name: 'file size', unit: 'bytes', kind: 'level' as const, value: 4096 },
      { name: 'script time', unit: 'microseconds', kind: 'total' as const, value: 7 },
      { name: 'data fsyncs', unit: 'fsyncs', kind: 'total' as const, value: 1 },
    ]
    const counted = { ...sweep, checkpoints: [{ ...sweep.checkpoints[0]!, counters }] }
    expect(csvOf(counted).split('\r\n').slice(0, 2)).toEqual([
      expect.stringMatching(/,file_size_bytes,script_time_us_per_insert,data_fsyncs_per_insert$/),
      expect.stringMatching(/,4096,7,1$/),
    ])
    expect(csvOf(streamed).trimEnd().split('\r\n')).toHaveLength(3)
  })

  it('says so where there are no rows', () => {
    expect(() => csvOf(seeding)).toThrow('A report of kind seed has nothing to show as csv.')
  })
})

describe('htmlOf', () => {
  it.each(Object.entries(everyKind))('is one small file with a policy that lets nothing else in: %s', (_, report) => {
    const html = htmlOf(report, assets)
    expect(html.length).toBeLessThan(200_000)
    expect(html).toContain(`content="default-src 'none'; script-src 'sha256-`)
    expect(html.match(/<script/g)).toHaveLength(2)
    expect(html).not.toMatch(/<[^>]+ (on[a-z]+|style|srcset)=/)
    expect(html).not.toMatch(/(src|href)="(?!data:,")/)
  })

  it('answers before anything else, and reads without its script', () => {
    const html = htmlOf(badLoad, assets)
    const heading = html.indexOf('<h1 class="bad">Not valid, audit failed')
    expect(heading).toBeGreaterThan(0)
    expect(heading).toBeLessThan(html.indexOf('<figure'))
    expect(html).toContain('<th scope="row">all</th>')
    expect(html).toContain('Values as a table')
    expect(html).not.toContain('<img')
  })

  it('stays small for a run of a day', () => {
    const [row] = goodLoad.load.timeline.slice(1)
    const timeline = Array.from({ length: 86_400 }, (_, second) => ({ ...row!, second }))
    expect(htmlOf({ ...goodLoad, load: { ...goodLoad.load, timeline } }, assets).length).toBeLessThan(400_000)
  })
})
