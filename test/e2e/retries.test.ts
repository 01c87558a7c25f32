import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { LoadReport } from '../../src/lib/record/record.ts'
import { testEngines } from '../support/database/engines.ts'
import { createSandbox } from '../support/cli/sandbox.ts'
import { rushScenario } from '../support/cli/rush-scenario.ts'

const postgres = testEngines.find(({ name }) => name === 'postgres')

describe.skipIf(!postgres?.open)('a load on a database that gives work back', () => {
  it('says in its report how often, loses nothing, and tells people', async () => {
    const place = await postgres!.open!()
    await using work = await createSandbox()
    await writeFile(join(work.folder, 'rush.ts'), rushScenario)
    const db = ['--db', place.url]
    const args = ['load', '--scenario', 'rush.ts', '--users', '20', '--duration', '3s', '--replicas', '2', ...db]
    // Session settings of the caller are kept.
    const env = { PGOPTIONS: '-c default_transaction_isolation=serializable' }
    const { load, audit, retries } = await work.runJson<LoadReport>(args, env)
    expect(load.failureReasons).toEqual({})
    expect(load.outcomes).toMatchObject({ booked: 300, failed: 0, unknown: 0 })
    expect(audit).toMatchObject({ acknowledged: 300, passed: true, unknownCommitted: 0 })
    expect(retries?.['serialization failure (40001)']).toBeGreaterThan(0)
    const saved = (await readdir(join(work.folder, 'reports'))).find((file) => file.endsWith('-load.json'))
    const { stdout } = await work.run(['report', join('reports', saved!)])
    expect(stdout).toMatch(/^retries .*\d serialization failure \(40001\)/m)
    await place.remove()
  })
})
