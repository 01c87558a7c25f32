import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import type { SeedReport } from '../../src/lib/record/record.ts'
import { startPrivateService } from '../support/private-service.ts'
import { createSandbox } from '../support/cli/sandbox.ts'

const folder = await mkdtemp(join(tmpdir(), 'rushbench-rights-'))
// The server reads it under an account of its own.
await chmod(folder, 0o755)
const rights = join(folder, 'rights.sql')
await writeFile(
  rights,
  `CREATE DATABASE IF NOT EXISTS rushbench;
CREATE USER IF NOT EXISTS 'rushbench'@'127.0.0.1' IDENTIFIED BY 'rushbench';
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, INDEX, ALTER, REFERENCES ON rushbench.* TO 'rushbench'@'127.0.0.1';
`,
)
const server = await startPrivateService('mariadb', `--init-file=${rights} --max-allowed-packet=1M`)
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

describe.skipIf(server === null)('a user with the rights that are asked for and no others, and packets of 1 MB', () => {
  it('seeds, goes on after a kill, times inserts and drops the tables', { timeout: 120_000 }, async () => {
    await using work = await createSandbox()
    const db = ['--db', server?.url ?? '']
    await work.runJson(['migrate', ...db])
    await work.runJson(['insert-schedules', '--years', '1', '--capacity', '1000', ...db])
    const seeding = work.start(['insert-reservations', '--rows', '200k', '--keys', 'random', ...db])
    // In the middle of it, or before its first row.
    await sleep(1000)
    seeding.child.kill('SIGKILL')
    await seeding.result
    const resumed = await work.runJson<SeedReport>([
      'insert-reservations',
      '--resume',
      '--rows',
      '200k',
      '--keys',
      'random',
      '--verify',
      ...db,
    ])
    expect(resumed.verified?.rows).toBe(200_000)
    await work.runJson(['insert-reservations', '--rows', '60k', '--indexes', 'after', '--order', 'shuffled', ...db])
    await work.runJson(['insert-reservation-bench', '--inserts', '50', ...db])
    expect(await work.run(['migrate', '--down', ...db])).toMatchObject({ code: 0 })
  })
})
