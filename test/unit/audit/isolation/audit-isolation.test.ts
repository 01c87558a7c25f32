import { describe, expect, it } from 'vitest'
import { collectAudit } from '../../../../src/lib/audit/open-audit.ts'
import { auditIsolation } from '../../../../src/lib/audit/isolation/audit-isolation.ts'
import { judgedPhrase } from '../../../../src/lib/audit/isolation/judged-phrase.ts'
import { judgeHistory } from '../../../../src/lib/audit/isolation/judge.ts'
import type { TransactionHistory } from '../../../../src/lib/ports/transaction-history.ts'
import { auditDocument } from '../../../../src/lib/render/document/audit-document.ts'
import { savedReport } from '../../../support/reports/fixtures.ts'
import { markdownOf, screenOf } from '../../../support/reports/rendered.ts'
import { historyOf, transaction } from '../../../support/isolation/histories.ts'

const lostUpdate = historyOf(
  transaction(12, ['list accounts/7 1 2', 'append accounts/7 4']),
  transaction(15, ['list accounts/7 1 2', 'append accounts/7 3']),
  transaction(1, ['append accounts/7 1', 'append accounts/7 2']),
  transaction(20, ['list accounts/7 1 2 3 4']),
)

const story =
  'T12 read accounts/7 = [1, 2]; T15 read the same and appended 3; T12 appended 4 without having seen 3: an update was lost.'

const watch = { onProgress() {}, signal: new AbortController().signal }

function audited(history: TransactionHistory) {
  const ledger = { count: 0, async *read() {} }
  const counts = { acknowledged: 4, refused: 0, inspected: [], kept: 20, watch }
  return collectAudit(
    async function* (_ledger, _watch, onJudged = () => {}) {
      yield* auditIsolation(history, onJudged)
    },
    ledger,
    counts,
  )
}

describe('auditIsolation', () => {
  it('breaks the audit by what the level asked for forbids, and tells of what it allows', async () => {
    const { passed, inconsistent, violations, isolation } = await audited({ ...lostUpdate, asked: 'repeatable-read' })
    expect({ passed, inconsistent }).toEqual({ passed: false, inconsistent: 1 })
    expect(violations).toEqual([{ kind: 'inconsistent', key: 'lost-update', detail: `1 time, such as: ${story}` }])
    expect(isolation).toMatchObject({ asked: 'repeatable-read', consistentWith: ['read-committed'], committed: 4 })
    const allowed = await audited({ ...lostUpdate, asked: 'read-committed' })
    expect(allowed).toMatchObject({ passed: true, violations: [] })
    expect(allowed.isolation?.anomalies.map(({ kind }) => kind)).toEqual(['lost-update'])
  })

  it('counts an acknowledged write that is not there as lost, whatever was asked for', async () => {
    const gone = historyOf(transaction(1, ['append x 1']), transaction(2, ['list x'], { from: 2000, isLast: true }))
    expect(await audited({ ...gone, asked: 'read-committed' })).toMatchObject({
      passed: false,
      lost: 1,
      inconsistent: 0,
    })
  })
})

describe('judgedPhrase', () => {
  it('says what was asked for, what the run is consistent with, and what was found', () => {
    expect(judgedPhrase(judgeHistory({ ...lostUpdate, asked: 'repeatable-read' }))).toBe(
      '4 transactions committed, 0 attempts rolled back, asked for as repeatable read: consistent with read committed; found lost update',
    )
    expect(judgedPhrase(judgeHistory({ transactions: [] }))).toBe(
      '0 transactions committed, 0 attempts rolled back: consistent with serializable, in the order of real time too',
    )
  })
})

describe('a report with an isolation', () => {
  const report = savedReport('audit', 'audit.json')

  it('tells the story on the screen, and that a clean run proves nothing beyond itself', async () => {
    const audit = await audited({ ...lostUpdate, asked: 'serializable' })
    const screen = screenOf({ ...report, audit })
    expect(screen.split('\n')[0]).toMatch(/^ISOLATION +4 transactions committed, .*consistent with read committed/)
    expect(screen).toContain(`lost update, 1 time: ${story}`)
    const clean = screenOf({ ...report, audit: await audited({ transactions: [], asked: 'serializable' }) })
    expect(clean.split('\n')[0]).toMatch(/^isolation/)
    expect(clean).toContain('That nothing was found says what these transactions saw, and nothing of others')
  })

  it('has every level, and what each transaction of an example did', async () => {
    const judged = { ...report, audit: await audited({ ...lostUpdate, asked: 'serializable' }) }
    expect(markdownOf(judged)).toMatch(/repeatable read *\| no *\| lost update/)
    const example = auditDocument(judged).sections.find(({ title }) => title === 'Example: lost update')
    expect(example?.table?.rows[0]).toEqual([
      'T12',
      'user 12',
      'committed',
      'read accounts/7 = [1, 2]; appended 4 to accounts/7',
    ])
    expect(example?.text[1]).toBe("T15 comes before T12 (ww): T12 appended 4 after T15's 3.")
  })
})
