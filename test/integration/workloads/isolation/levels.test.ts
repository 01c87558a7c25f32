import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { auditLedgers } from '../../../../src/lib/app/audit.ts'
import { makeLoadRun } from '../../../../src/lib/app/load/load-run.ts'
import type { AnomalyKind } from '../../../../src/lib/record/isolation-record.ts'
import type { LoadReport } from '../../../../src/lib/record/record.ts'
import { testEngines } from '../../../support/database/engines.ts'
import { configOf, createTestContext } from '../../../support/run-context.ts'

const flags = { 'allow-remote': false, 'beside-original': false }

/** Runs a short load on an empty database, and audits its ledger once more, as anybody could later. */
async function load(db: string, settings: Readonly<Record<string, string>>): Promise<LoadReport> {
  const folder = await mkdtemp(join(tmpdir(), 'rushbench-'))
  try {
    const common = { workload: 'isolation', db, reports: folder }
    const config = await configOf({ ...common, users: '12', duration: '1500ms', activeKeys: '6', ...settings })
    const { report } = await makeLoadRun(createTestContext(), flags, config)
    const request = { ledgers: [report.ledger ?? ''], targets: [], maxViolations: 20 }
    const again = await auditLedgers(createTestContext(), await configOf(common), request)
    expect(again.audit.isolation).toEqual(report.audit?.isolation)
    return report
  } finally {
    await rm(folder, { recursive: true })
  }
}

const dirty = new Set<AnomalyKind>(['G0', 'G1a', 'G1b', 'G1c', 'internal', 'incompatible-order', 'lost-write'])

const engines = testEngines.filter(({ name }) => ['sqlite', 'mariadb', 'postgres'].includes(name))

describe.each(engines)('isolation on $name', ({ name, open }) => {
  async function judge(isolation: string, settings = {}) {
    await using database = await openAnew()
    const { audit, load: result } = await load(database.url, { isolation, ...settings })
    if (!audit?.isolation) throw new Error('the isolation was not judged')
    expect(audit.isolation.committed).toBe(result.outcomes.booked)
    expect(audit.isolation.committed).toBeGreaterThan(20)
    const kinds = audit.isolation.anomalies.map(({ kind }) => kind)
    expect(kinds.filter((kind) => dirty.has(kind))).toEqual([])
    return { kinds, ...audit.isolation, passed: audit.passed }
  }

  async function openAnew() {
    const database = await open!()
    return { url: database.url, [Symbol.asyncDispose]: () => database.remove() }
  }

  it.skipIf(!open)('SERIALIZABLE shows nothing', async () => {
    const { kinds, consistentWith, passed } = await judge('serializable', { threads: '2' })
    expect({ kinds, consistentWith, passed }).toEqual({
      kinds: [],
      consistentWith: ['strict-serializable'],
      passed: true,
    })
  })

  if (name === 'sqlite') return

  it.skipIf(!open)('READ COMMITTED shows non-repeatable reads and lost updates, which it allows', async () => {
    const { kinds, consistentWith, passed } = await judge('read-committed')
    expect(kinds).toEqual(expect.arrayContaining(['non-repeatable-read', 'lost-update']))
    expect({ consistentWith, passed }).toEqual({ consistentWith: ['read-committed'], passed: true })
  })

  it.skipIf(!open)('REPEATABLE READ shows what this server does under that name', async () => {
    const { kinds, consistentWith, passed } = await judge('repeatable-read')
    expect(passed).toBe(false)
    if (name === 'postgres') {
      expect(kinds.filter((kind) => kind !== 'G2-item' && kind !== 'real-time')).toEqual(['write-skew'])
      expect(consistentWith).toEqual(['snapshot-isolation'])
    } else {
      expect(kinds).toContain('lost-update')
      expect(consistentWith).toEqual(['read-committed'])
    }
  })
})
