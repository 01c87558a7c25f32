import { describe, expect, it } from 'vitest'
import type { ComparedMetric } from '../../../../src/lib/compare/compare-metrics.ts'
import type { Comparison } from '../../../../src/lib/compare/compare.ts'
import { briefMarkdown } from '../../../../src/lib/render/text-formats/markdown.ts'
import { comparisonDocument, verdictSentence } from '../../../../src/lib/render/document/comparison-document.ts'
import { junitFaults } from '../../../support/reports/junit-schema.ts'
import { escapeXml, junitXml } from '../../../../src/lib/render/text-formats/csv-and-junit.ts'
import { screenText } from '../../../support/reports/rendered.ts'

const at = new Date(Date.UTC(2026, 0, 1))
const screenOf = (comparison: Comparison) => screenText(comparisonDocument(comparison, at))
const markdownOf = (comparison: Comparison) => briefMarkdown(comparisonDocument(comparison, at))
const junitOf = (comparison: Comparison, when: Date) => junitXml(comparisonDocument(comparison, when))

const p95: ComparedMetric = {
  name: 'response_time.p95',
  unit: 'ms',
  better: 'lower',
  verdict: 'worse',
  gates: true,
  baseline: 100,
  candidate: 120,
  effect: { value: 0.2, low: 0.123, high: 0.28 },
  p: 0.0001,
  rankP: 0.001,
  noise: 0.07,
  detectable: 0.104,
}
const failures: ComparedMetric = {
  ...p95,
  name: 'failures',
  unit: 'share',
  verdict: 'same',
  baseline: 0,
  candidate: 0.0002,
  effect: { value: 0.0002, low: -0.0001, high: 0.0005 },
  detectable: 0.001,
}
const worse: Comparison = {
  verdict: 'worse',
  runs: { baseline: 10, candidate: 10 },
  paired: true,
  minEffect: 0.05,
  metrics: [p95, failures],
  differences: [],
  faults: [],
  leftOut: [],
}

describe('the screen of a comparison', () => {
  it('shows values, change, interval, what could have been seen, and the verdict', () => {
    const text = screenOf(worse)
    expect(text).toMatch(/response_time\.p95 +100 ms +120 ms +\+20\.0% +\+12\.3% to \+28\.0% +10\.4% +worse/)
    expect(text).toMatch(/failures +0% +0\.02% +\+0\.02 pp +-0\.01 pp to \+0\.05 pp +0\.10 pp +same/)
    expect(text).toContain('10 pairs of runs')
    expect(text).toMatch(/Failed: worse: response_time\.p95\.$/)
  })

  it('has no table where nothing is left to compare', () => {
    const none: Comparison = { ...worse, verdict: 'not valid', runs: { baseline: 0, candidate: 0 }, metrics: [] }
    expect(screenOf(none)).toMatch(/^Not valid: 0 runs of the baseline/)
  })

  it('puts verdicts that do not count in brackets, large changes as factors, and what is missing as a dash', () => {
    const huge = { ...p95, gates: false, effect: { value: 12, low: 9, high: 20 } }
    expect(screenOf({ ...worse, metrics: [huge] })).toMatch(/x13\.0 +\+900\.0% to x21\.0 +10\.4% +\(worse\)/)
    const none = { ...p95, verdict: 'missing' as const, candidate: null, effect: null, detectable: null }
    expect(screenOf({ ...worse, metrics: [none] })).toMatch(/100 ms +- +- +- +- +missing/)
  })

  it('says what differs and what is at fault', () => {
    const text = screenOf({ ...worse, differences: ['cpu: a and b'], faults: ["the candidate's audit failed"] })
    expect(text).toContain('differ in more than their figures:\n  cpu: a and b')
    expect(text).toContain("the candidate's audit failed")
  })
})

describe('verdictSentence', () => {
  it.each([
    [{ verdict: 'same', metrics: [failures] }, 'Nothing changed by 5% or more.'],
    [{ verdict: 'better', metrics: [{ ...p95, verdict: 'better' }] }, 'Better: response_time.p95. Nothing is worse.'],
    [
      { verdict: 'inconclusive', metrics: [{ ...p95, verdict: 'inconclusive' }] },
      'Nothing is shown to be worse, but a change of 5% could have hidden in response_time.p95. More pairs of runs (--run, --pairs) see smaller changes.',
    ],
    [
      { verdict: 'inconclusive', metrics: [{ ...p95, gates: false }] },
      'Nothing can be said: no metric has the samples for it. Measure longer.',
    ],
    [{ metrics: [{ ...p95, verdict: 'missing' }] }, 'Failed: not measured in all runs: response_time.p95.'],
    [{ metrics: [], faults: ['x'] }, 'Failed: runs of the candidate that went wrong.'],
    [
      { verdict: 'not valid', metrics: [], runs: { baseline: 1, candidate: 1 }, leftOut: ['a', 'b', 'c'] },
      'Not valid: 1 runs of the baseline and 1 of the candidate are left to compare, 3 were left out. Measure again on a quieter machine, or with a lower load.',
    ],
  ] as [Partial<Comparison>, string][])('%j', (change, sentence) =>
    expect(verdictSentence({ ...worse, ...change })).toBe(sentence),
  )
})

describe('the Markdown of a comparison', () => {
  it('is a verdict and a table, with no markup from outside', () => {
    const text = markdownOf({ ...worse, metrics: [{ ...p95, name: 'a|b <i>' }], faults: ['*loud*'] })
    expect(text.split('\n')[0]).toBe(
      String.raw`### ❌ Failed: worse: a\|b \<i\>; runs of the candidate that went wrong.`,
    )
    expect(text).toContain(String.raw`- \*loud\*`)
    expect(text).toContain(String.raw`| a\|b \<i\> | 100 ms | 120 ms | +20.0% |`)
  })

  it('marks a comparison of runs that differ', () =>
    expect(markdownOf({ ...worse, differences: ['cpu: a and b'] })).toContain('- cpu: a and b'))
})

describe('the JUnit of a comparison', () => {
  it('has a case for the runs and for each metric that gates', () => {
    const xml = junitOf({ ...worse, metrics: [p95, failures, { ...p95, name: 'max', gates: false }] }, at)
    expect(xml).toContain('tests="4" failures="1"')
    expect(xml).toContain('<failure message="worse: 100 ms before, 120 ms now, +20.0% (+12.3% to +28.0%)">')
    expect(xml).not.toContain('max')
    expect(junitFaults(xml)).toEqual([])
  })

  it('skips what is inconclusive, and fails what is missing or at fault', () => {
    const metrics: ComparedMetric[] = [
      { ...p95, verdict: 'inconclusive' },
      { ...p95, verdict: 'missing', effect: null },
    ]
    expect(junitOf({ ...worse, metrics, faults: ['lost <2>'] }, at)).toContain(
      'tests="4" failures="2" errors="0" skipped="1"',
    )
  })
})

describe('runs that were left out', () => {
  const few: Comparison = {
    ...worse,
    verdict: 'not valid',
    metrics: [],
    runs: { baseline: 0, candidate: 0 },
    leftOut: ['pair 1: the candidate was not valid in 3 tries; the last: 97% of a core'],
  }

  it('are named in every form, and fail where too few are left', () => {
    expect(screenOf(few)).toMatch(/left out: pair 1: .*97% of a core\n\nNot valid: 0 runs/)
    expect(markdownOf(few)).toMatch(/^### ❌ Not valid: .*\n[^]*Left out:\n\n- pair 1: /)
    expect(junitOf(few, at)).toMatch(/name="enough runs are valid".*>\n +<failure message="Not valid: 0 runs.*97%/)
    const document = comparisonDocument(few, at)
    expect(document).toMatchObject({ headline: 'Not valid', grade: 'bad' })
    expect(document.sections).toMatchObject([{ title: 'Left out', text: few.leftOut }])
  })

  it('fail nothing by themselves', () => {
    const valid: Comparison = { ...few, verdict: 'same', metrics: [failures], runs: { baseline: 9, candidate: 9 } }
    expect(screenOf(valid)).toMatch(/left out: pair 1: [^]*Nothing changed by 5% or more\.$/)
    expect(junitOf(valid, new Date())).toContain('failures="0"')
  })
})

describe('comparisonDocument', () => {
  it('holds the verdict, the table, and what went wrong', () => {
    const document = comparisonDocument(
      { ...worse, faults: ['the audit failed'], differences: ['cpu: a and b'] },
      new Date(Date.UTC(2026, 0, 1)),
    )
    expect(document).toMatchObject({ headline: 'Worse', grade: 'bad', startedAt: '2026-01-01T00:00:00.000Z' })
    expect(document.sections.map(({ title }) => title)).toEqual([
      'What went wrong',
      'Metrics',
      'What differs besides the figures',
    ])
    expect(document.sections[1]!.table!.rows[0]!.slice(0, 4)).toEqual([
      'response_time.p95',
      '100 ms',
      '120 ms',
      '+20.0%',
    ])
  })
})

describe('escapeXml', () => {
  it('leaves nothing that XML reads as more than text', () =>
    expect(escapeXml(`<a b="c">'&\ufffe\ud800`)).toBe('&lt;a b=&quot;c&quot;&gt;&apos;&amp;\ufffd\ufffd'))
})
